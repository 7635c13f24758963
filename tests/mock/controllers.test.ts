import { beforeAll, expect, it } from "vitest";
import { type Recording, record } from "./program";

const instance = "aws:ec2/instance:Instance";
const volume = "aws:ebs/volume:Volume";

let program: Recording;
beforeAll(async () => {
  program = await record({ replacements: { "controller-1": 2 } });
});

it("pins everything on an instance that its launch spec records", () => {
  for (const { name, ignoreChanges } of program.all(instance)) {
    const { inputs } = program.get("pulumi:index:Stash", `${name}-launch-spec`);
    expect([...ignoreChanges].sort()).toEqual(
      [...Object.keys(inputs["input"]), "rootBlockDevice.encrypted"].sort(),
    );
  }
});

it.each([
  [{}, 22],
  [{ dataVolumeGiB: 500 }, 22],
  [{ quotaGiB: 2, dataVolumeGiB: 8 }, 10],
])("has a root disk for two snapshots of a full database: %j, %d GiB", async (settings, size) => {
  const { all } = await record(settings);
  expect(all(instance).map(({ inputs }) => inputs["rootBlockDevice"].volumeSize)).toEqual([
    size,
    size,
    size,
  ]);
});

it("keeps a volume in its zone: in another one it would be an empty one", () => {
  for (const { ignoreChanges, hasReplacementTrigger } of program.all(volume)) {
    expect(ignoreChanges).toEqual(["availabilityZone"]);
    expect(hasReplacementTrigger).toBe(true);
  }
});

it("puts each instance and its data into the subnet and the zone of its address", () => {
  const attachments = program.all("aws:ec2/volumeAttachment:VolumeAttachment");
  expect(attachments.map(({ inputs }) => inputs)).toEqual(
    [0, 1, 2].map((index) =>
      expect.objectContaining({
        instanceId: `controller-${index}-id`,
        volumeId: `controller-${index}-data-id`,
        deviceName: "/dev/sdf",
      }),
    ),
  );
  for (const { name, inputs } of program.all(instance)) {
    const [, , third] = String(inputs["privateIp"]).split(".");
    expect(inputs["subnetId"]).toBe(`subnet-10.0.${third}.0-24-id`);
    const subnet = program.get("aws:ec2/subnet:Subnet", `subnet-10.0.${third}.0-24`).inputs;
    expect(program.get(volume, `${name}-data`).inputs["availabilityZone"]).toBe(
      subnet["availabilityZone"],
    );
  }
});
