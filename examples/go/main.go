// An etcd cluster on machines that exist.
package main

import (
	"fmt"

	"example.com/pulumi-etcd/sdk/go/etcd"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi/config"
)

func main() {
	pulumi.Run(func(ctx *pulumi.Context) error {
		settings := config.New(ctx, "")
		var addresses, hostKeys []string
		settings.RequireObject("addresses", &addresses)
		settings.RequireObject("hostKeys", &hostKeys)

		var machines []etcd.EtcdMachineArgs
		for index, address := range addresses {
			machines = append(machines, etcd.EtcdMachineArgs{
				Name:    fmt.Sprintf("node-%d", index),
				Address: pulumi.String(address),
				HostKey: pulumi.String(hostKeys[index]),
			})
		}
		orders, err := etcd.NewEtcdCluster(ctx, "orders", &etcd.EtcdClusterArgs{
			Version:  pulumi.StringRef(settings.Require("version")),
			Machines: machines,
			Ssh: &etcd.EtcdSshArgs{
				User:       pulumi.StringRef("ubuntu"),
				PrivateKey: settings.RequireSecret("sshPrivateKey"),
			},
			Release: &etcd.EtcdReleaseArgs{
				Url:         pulumi.StringRef(settings.Require("releaseUrl")),
				OwnReleases: pulumi.BoolRef(settings.GetBool("ownReleases")),
			},
		})
		if err != nil {
			return err
		}
		ctx.Export("endpoints", orders.Endpoints)
		ctx.Export("health", orders.Health)
		return nil
	})
}
