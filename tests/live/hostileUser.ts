/** What this program's files were or are called on a machine, whatever the folder. */
const names = (machine: string) => [
  "etcd-by-pulumi.lock",
  "etcd-release-by-pulumi.lock",
  "etcd-snapshot-by-pulumi.lock",
  "etcd.lock",
  "etcd-release.lock",
  "etcd-snapshot.lock",
  `${machine}-etcd-v3.7.3-linux-amd64.tar.gz`,
  `.${machine}-etcd-v3.7.3-linux-amd64.tar.gz`,
];

/** Where everybody may make files. */
const folders = "/tmp /var/tmp /run/lock /var/lock /dev/shm";

/** Where the others are that this program reads or writes. */
const places = `${folders} /run /etc/etcd /etc/systemd/system /opt /root /home /usr/local /var/lib/etcd*`;

const script = (machine: string) => `
for folder in ${folders}; do
  for name in ${names(machine).join(" ")}; do
    echo hers 2>/dev/null >"$folder/$name"
  done
  mkdir -p "$folder/etcd-by-pulumi" "$folder/etcd-uploads"
done
ulimit -n "$(ulimit -H -n)"
while read -r file; do
  { exec {held}<"$file"; } 2>/dev/null && flock --nonblock "$held" && echo "$file"
done < <(find ${places} -readable \\( -type f -o -type d \\) 2>/dev/null) >/tmp/held
mv /tmp/held /tmp/all-held
sleep infinity
`;

/**
 * Lets an ordinary user in, mallory, who has made first whatever this program may want to make where everybody may,
 * and who holds a lock on every file and folder that she can open.
 * @param on runs a command on the machine
 * @returns what she holds
 */
export async function letMalloryIn(
  on: (command: string) => Promise<string>,
  machine: string,
): Promise<string[]> {
  const text = Buffer.from(script(machine)).toString("base64");
  const held = await on(
    "sudo useradd --create-home --shell /bin/bash mallory && " +
      `echo ${text} | base64 -d | sudo tee /usr/local/bin/mallory >/dev/null && ` +
      "sudo systemd-run --quiet --unit=mallory --uid=mallory /bin/bash /usr/local/bin/mallory && " +
      "until cat /tmp/all-held 2>/dev/null; do systemctl is-active --quiet mallory || exit 1; sleep 0.2; done",
  );
  return held.split("\n");
}

/** Whether she still holds them all, and what of the files that she has made is not as she has left it. */
export function lookAtMallory(on: (command: string) => Promise<string>, machine: string) {
  const files = names(machine).map((name) => `$folder/${name}`);
  return on(
    `systemctl is-active mallory; for folder in ${folders}; do for file in ${files.join(" ")}; do ` +
      `[[ $(stat --format=%U "$file") == mallory && $(cat "$file") == hers ]] || echo "$file"; done; done`,
  );
}
