import { createHash } from "node:crypto";
import { AwsError } from "../errors";
import { INSTANCE, VOLUME, VOLUME_ATTACHMENT } from "../schema";
import { newId } from "../store";
import { text } from "../text";
import { arn, existing, zoneOf } from "./common";
import type { Handler } from "./handler";

export const volume: Handler = {
  defaults: { encrypted: false, type: "gp2" },
  plan({ region }, inputs) {
    zoneOf(inputs, region, "EC2: CreateVolume");
    const size = Number(inputs.size);
    if (!Number.isInteger(size) || size < 1 || size > 65_536) {
      throw new AwsError(
        "InvalidParameterValue",
        `Volume of ${text(inputs.size)} GiB is invalid: expected 1 to 65536`,
        "EC2: CreateVolume",
      );
    }
    const id = newId("vol");
    return {
      id,
      state: { arn: arn(region, `volume/${id}`), createTime: new Date().toISOString() },
    };
  },
  make: ({ machines }, { id, inputs }) => machines.createVolume(id, Number(inputs.size)),
  change(_context, current, wanted) {
    if (Number(wanted.size) < Number(current.inputs.size)) {
      throw new AwsError(
        "InvalidParameterValue",
        `New size cannot be smaller than existing size: ${text(wanted.size)} < ` +
          `${text(current.inputs.size)} GiB`,
        "EC2: ModifyVolume",
      );
    }
    return {};
  },
  async apply({ machines }, { id, inputs }, wanted) {
    if (wanted.size !== inputs.size) {
      await machines.growVolume(id, Number(wanted.size));
    }
  },
  blockedCode: "VolumeInUse",
  blockers: ({ id }, records) =>
    [...records.values()]
      .filter(({ type, inputs }) => type === VOLUME_ATTACHMENT && inputs.volumeId === id)
      .map(({ inputs }) => text(inputs.instanceId)),
  unmake: ({ machines }, { id }) => machines.deleteVolume(id),
};

export const volumeAttachment: Handler = {
  defaults: { forceDetach: false, skipDestroy: false, stopInstanceBeforeDetaching: false },
  plan({ records }, inputs) {
    const operation = "EC2: AttachVolume";
    const itsVolume = existing(
      records,
      VOLUME,
      inputs.volumeId,
      "InvalidVolume.NotFound",
      "volume",
    );
    const itsInstance = existing(
      records,
      INSTANCE,
      inputs.instanceId,
      "InvalidInstanceID.NotFound",
      "instance ID",
    );
    const zone = itsInstance.state.availabilityZone;
    if (itsVolume.inputs.availabilityZone !== zone) {
      throw new AwsError(
        "InvalidVolume.ZoneMismatch",
        `The volume '${itsVolume.id}' is not in the same availability zone as instance ` +
          `'${itsInstance.id}': ${text(itsVolume.inputs.availabilityZone)}, ${text(zone)}`,
        operation,
      );
    }
    const attachments = [...records.values()].filter(({ type }) => type === VOLUME_ATTACHMENT);
    const already = attachments.find((other) => other.inputs.volumeId === itsVolume.id);
    // The provider takes an attachment that is there for its own: an update may have been killed.
    const isThere =
      already?.inputs.instanceId === itsInstance.id &&
      already.inputs.deviceName === inputs.deviceName;
    if (already && !isThere) {
      throw new AwsError(
        "VolumeInUse",
        `${itsVolume.id} is already attached to an instance: ${text(already.inputs.instanceId)}`,
        operation,
      );
    }
    const onDevice = attachments.find(
      (other) =>
        other.inputs.instanceId === itsInstance.id && other.inputs.deviceName === inputs.deviceName,
    );
    if (onDevice && !isThere) {
      throw new AwsError(
        "InvalidParameterValue",
        `Invalid value '${text(inputs.deviceName)}' for unixDevice. Attachment point is ` +
          `already in use by ${text(onDevice.inputs.volumeId)}`,
        operation,
      );
    }
    const hash = createHash("sha256").update(
      `${text(inputs.deviceName)}${itsInstance.id}${itsVolume.id}`,
    );
    return { id: `vai-${hash.digest().readUInt32BE(0)}`, state: {} };
  },
  make: ({ machines }, { inputs }) =>
    machines.attachVolume(text(inputs.volumeId), text(inputs.instanceId)),
  async unmake({ machines }, { inputs }) {
    if (inputs.skipDestroy === true) {
      return;
    }
    const instanceId = text(inputs.instanceId);
    if (inputs.stopInstanceBeforeDetaching === true) {
      if (!(await machines.machineExists(instanceId))) {
        throw new AwsError(
          "IncorrectInstanceState",
          `This instance '${instanceId}' is not in a state from which it can be stopped.`,
          "EC2: StopInstances",
        );
      }
      await machines.stopMachine(instanceId);
    }
    await machines.detachVolume(text(inputs.volumeId));
  },
};
