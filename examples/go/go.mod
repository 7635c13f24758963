module go-example

go 1.24

require github.com/pulumi/pulumi/sdk/v3 v3.259.0

require example.com/pulumi-etcd/sdk/go v0.0.0

replace example.com/pulumi-etcd/sdk/go => ./sdks/etcd
