/**
 * The user data of a controller.
 *
 * cloud-init installs the SSH host key that the stack made, so that the first connection is
 * verified like every other. The comment keeps the convention of Kubernetes-the-hard-way guides,
 * which read a controller's name from its user data with
 * `tr "|" "\n" | grep "^name" | cut -d= -f2`.
 *
 * User data can be read on the instance by whoever may ask the metadata service (IMDSv2, one hop).
 */
export function controllerUserData(controller: {
  name: string;
  hostPrivateKeyOpenssh: string;
  hostPublicKeyOpenssh: string;
}): string {
  const indented = controller.hostPrivateKeyOpenssh.trimEnd().replaceAll("\n", "\n    ");
  return `#cloud-config
# |name=${controller.name}|
hostname: ${controller.name}
ssh_deletekeys: true
ssh_keys:
  ed25519_private: |
    ${indented}
  ed25519_public: ${controller.hostPublicKeyOpenssh.trim()}
`;
}
