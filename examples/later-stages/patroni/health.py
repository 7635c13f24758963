#!/usr/bin/python3
"""Asks Patroni for a leader and a streaming replica, and writes a row through the leader."""

import json
import sys
import urllib.request

import psycopg2
import yaml

with open("/etc/patroni/patroni.yml") as file:
    config = yaml.safe_load(file)
api = f"http://{config['restapi']['connect_address']}/cluster"
with urllib.request.urlopen(api, timeout=5) as answer:
    members = json.load(answer)["members"]
leaders = [one for one in members if one["role"] == "leader" and one["state"] == "running"]
replicas = [one["name"] for one in members if one["state"] == "streaming"]
if not leaders or not replicas:
    sys.exit(f"expected a running leader and a streaming replica, got {members}")
[leader] = leaders

user = config["postgresql"]["authentication"]["superuser"]
connection = psycopg2.connect(
    host=leader["host"],
    port=leader["port"],
    user=user["username"],
    password=user["password"],
    dbname="postgres",
    connect_timeout=5,
)
with connection, connection.cursor() as cursor:
    cursor.execute("CREATE TABLE IF NOT EXISTS health (written timestamptz)")
    cursor.execute("INSERT INTO health VALUES (clock_timestamp()) RETURNING written::text")
    [written] = cursor.fetchone()
connection.close()
print(json.dumps({"healthy": True, "leader": leader["name"], "streaming": replicas, "written": written}))
