// npm run lab: the whole program on three local machines, and every command on them. See `usage`.
import { asksForHelp, runWords, UsageError } from "../operator/commandLine";

const usage = `npm run lab                          three machines and the cluster on them; again: what the settings say by now
npm run lab -- pulumi ...            pulumi on the lab's stack: pulumi config set version 3.6.16, then pulumi up
npm run lab -- plan | replace | renew | health | cis | snapshot | defrag | client ...
                                     the operator's command of that name: replace controller-1 --new-data
npm run lab -- ssh controller-1      a shell on a machine, or one command: ssh controller-1 uptime
npm run lab -- etcdctl ...           etcdctl with the client's certificate: etcdctl member list
npm run lab -- lose controller-1     the machine is gone, its volume stays, as if somebody had terminated it
npm run lab -- machines 3 [FOLDER]   that many blank machines, and a stack for them, of this program or of one in examples/
npm run lab -- stage kubernetes      a later stage beside the cluster, on machines of its own; patroni and coredns likewise
npm run lab -- tour [--short]        an upgrade, a lost machine and a new CA under load, and a restore; in ten minutes
npm run lab -- down [--all]          takes everything away but downloaded releases and the image; with --all those, too

--engine pulumi|in-process           for the first of them, instead of the best that is here

Its machines are containers that may load file systems and change networks as root: run what you trust.`;

/** Those that know what the lab is are loaded by the commands, so that this one answers at once. */
runWords({ name: "lab", usage }, async (words) => {
  const [command = "up", ...rest] = words[0]?.startsWith("--") ? ["up", ...words] : words;
  const isOurs = ["up", "down", "lose", "machines", "stage"].includes(command);
  if (isOurs && asksForHelp(rest)) {
    console.log(usage);
    return 0;
  }
  const lab = () => import("./commands.js");
  switch (command) {
    case "up":
    case "down":
      return (await lab())[command](rest);
    case "pulumi":
      return (await lab()).pulumi(rest);
    case "plan":
    case "replace":
    case "renew":
    case "cis":
    case "snapshot":
    case "client":
    case "defrag":
    case "health":
      return (await lab()).operate(command, rest);
    case "ssh":
    case "etcdctl":
      return (await lab()).onMachines(command, rest);
    case "lose":
      return (await lab()).lose(rest);
    case "machines":
      return (await import("./ownMachines.js")).ownMachines(rest);
    case "stage":
      return (await import("./stages.js")).stage(rest);
    case "tour":
      return (await lab()).tour(rest);
    default:
      throw new UsageError(`"${command}" is not a command of the lab`);
  }
});
