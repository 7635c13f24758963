"""An etcd cluster on machines that exist."""

import pulumi
import pulumi_etcd as etcd

config = pulumi.Config()

machines = [
    etcd.EtcdMachineArgs(name=f"node-{index}", address=address, host_key=host_key)
    for index, (address, host_key) in enumerate(
        zip(config.require_object("addresses"), config.require_object("hostKeys"))
    )
]

orders = etcd.EtcdCluster(
    "orders",
    version=config.require("version"),
    machines=machines,
    ssh=etcd.EtcdSshArgs(user="ubuntu", private_key=config.require_secret("sshPrivateKey")),
    release=etcd.EtcdReleaseArgs(
        url=config.require("releaseUrl"), own_releases=config.get_bool("ownReleases")
    ),
)

pulumi.export("endpoints", orders.endpoints)
pulumi.export("health", orders.health)
