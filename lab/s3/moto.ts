import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import * as fs from "node:fs/promises";
import * as path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { labDir, makeLabDir, projectRoot } from "../paths";
import { lastLines } from "../run";

const logFile = path.join(labDir, "moto.log");
const startLimitSeconds = 30;
const stopLimitSeconds = 10;

/** A running moto server: empty when it starts, and nothing of it is left when it ends. */
export interface Moto {
  /** Without a slash at its end. */
  url: string;
  close(): Promise<void>;
}

/**
 * Starts moto's server and waits until it answers (at most 30 s).
 *
 * @param python that of the environment that moto is installed in
 * @param openActions so many actions are let through before signatures and policies are checked
 * @throws Error when something else answers there, or with its last lines when it does not answer
 */
export async function startMoto(
  python: string,
  host: string,
  port: number,
  openActions: number,
): Promise<Moto> {
  const url = `http://${host}:${port}`;
  if (await answers(url)) {
    throw new Error(`moto is to be at ${url}, where another one answers: end what started that`);
  }
  makeLabDir();
  const output = await fs.open(logFile, "w");
  const program = path.join(projectRoot, "lab", "s3", "serve.py");
  const child = spawn(python, [program, "--host", host, "--port", `${port}`], {
    env: { ...process.env, INITIAL_NO_AUTH_ACTION_COUNT: `${openActions}` },
    stdio: ["pipe", output.fd, output.fd],
  });
  await once(child, "spawn");
  await output.close();
  const moto = { url, close: () => close(child) };
  await waitForAnswer(url, child).catch(async (error: Error) => {
    await moto.close();
    throw error;
  });
  return moto;
}

async function waitForAnswer(url: string, child: ChildProcess): Promise<void> {
  const deadline = Date.now() + startLimitSeconds * 1000;
  for (;;) {
    if (hasEnded(child) || Date.now() > deadline) {
      const what = hasEnded(child) ? "ended" : `gave no answer in ${startLimitSeconds} s`;
      const log = lastLines(await fs.readFile(logFile, "utf8"));
      throw new Error(`moto at ${url} ${what}. Last lines of ${logFile}:\n${log}`);
    }
    if (await answers(url)) return;
    await sleep(100);
  }
}

function answers(url: string): Promise<boolean> {
  return fetch(`${url}/moto-api/data.json`).then(
    (response) => response.ok,
    () => false,
  );
}

/** It ends with its standard input; after 10 s by force. */
async function close(child: ChildProcess): Promise<void> {
  if (hasEnded(child)) return;
  const ended = once(child, "exit");
  const timer = setTimeout(() => child.kill("SIGKILL"), stopLimitSeconds * 1000);
  child.stdin!.end();
  await ended;
  clearTimeout(timer);
}

function hasEnded({ exitCode, signalCode }: ChildProcess): boolean {
  return exitCode !== null || signalCode !== null;
}
