import { expect } from "vitest";
import { clusterId, FakeMachine, unit, url } from "./machine";

type Lines = Record<string, string | number | boolean>;

/** What is told when a member is started, whatever came before. */
export const start = [
  "systemctl reset-failed etcd",
  "systemctl restart --no-block etcd",
  "place the rest",
] as const;

/** The same where one runs: it is asked to end first. */
export const restart = ["kill 100", ...start] as const;

/** In an hour, by the machine's clock. */
export const later = Math.floor(Date.now() / 1000) + 3600;

/** A claimed machine, and the script of its member `b`. */
export class MemberMachine extends FakeMachine {
  constructor() {
    super();
    this.claim();
  }

  /** A permit for what is found on the machine, but for some lines of it. */
  permit(lines: Lines): void {
    const all: Lines = {
      ...{ update: "u1", cluster: clusterId, member: "b", unit: "new", expires: later },
      ...{ has_data: this.has("data/member"), pid: this.read("systemd/MainPID")!.trim() },
      ...{ via: url("a"), remove: "", rename: "", add: false, lead: "", serve: "", initial: "" },
      ...{ token: clusterId, wait: 0 },
      ...lines,
    };
    const text = Object.entries(all).map(([name, value]) => `${name}=${String(value)}\n`);
    this.write("etc/permit", text.join(""));
  }

  /** Runs the member's script for the unit of the digest `new`. */
  member(options: Parameters<FakeMachine["run"]>[1] = {}) {
    return this.run("member", {
      ...options,
      args: {
        ...{ name: "b", version: "3.7.3", digest: "new", links: "" },
        ...{ first_start: `${this.root}/run/flags`, ...options.args },
      },
      bundle: { unit: unit("new"), ...options.bundle },
    });
  }

  /** As soon as it is started, it serves. */
  servesWhenStarted(): void {
    this.write("at-restart", `echo ${url("b")} >>${this.root}/etcd/serving`);
  }

  /** Nothing was told to anybody, and no file differs from before, but for a permit that is used up. */
  expectNothingDone(before: Record<string, string>): void {
    const { ...left } = before;
    delete left["etc/permit"];
    expect(this.told).toEqual(["lock etcd"]);
    expect(this.files).toEqual(left);
  }
}
