import { RunError } from "@pulumi/pulumi/errors";
import { type Bounded, bounds } from "./bounds";

/** An error in the settings: what is wrong with which one, and what would be right. */
export interface SettingError {
  readonly setting: string;
  readonly text: string;
}

/** The error in a setting that this text says, if it says any. */
export function errorOf(setting: string, text: string | undefined): SettingError[] {
  return text === undefined ? [] : [{ setting, text }];
}

/** Every error in a stack's settings, in one message; Pulumi shows a RunError without a stack. */
export class SettingsError extends RunError {
  constructor(readonly errors: readonly SettingError[]) {
    const lines = errors.map(({ setting, text }) => `  ${setting} ${text}`);
    const count = errors.length === 1 ? "1 setting is" : `${errors.length} settings are`;
    super(
      `${count} not right; nothing was changed:\n${lines.join("\n")}\n` +
        "Pulumi.yaml describes each setting; change one with: pulumi config set <setting> <value>, " +
        "and what is in a list with: pulumi config set --path '<setting>[0]' <value>",
    );
  }
}

/**
 * Reads typed values out of a stack's raw configuration (strings, and JSON for lists and objects)
 * and keeps every error instead of stopping at the first.
 */
export class SettingsReader {
  readonly errors: SettingError[] = [];

  /** @param secrets settings that are encrypted: what they are is shown to nobody */
  constructor(
    private readonly raw: Readonly<Record<string, string>>,
    private readonly secrets: readonly string[] = [],
  ) {}

  /** Notes an error. */
  error(setting: string, text: string | undefined): void {
    if (text !== undefined) {
      this.errors.push({ setting, text });
    }
  }

  string(setting: string): string {
    const text = this.text(setting);
    // It may be a secret, so it is not shown.
    this.error(setting, isJson(text) ? "is a list or an object, expected a text" : undefined);
    return text;
  }

  boolean(setting: string): boolean {
    const text = this.text(setting);
    if (text !== "true" && text !== "false" && setting in this.raw) {
      this.error(setting, `is ${this.shown(setting)}, expected true or false`);
    }
    return text === "true";
  }

  /** A whole number within its bounds; NaN where it is none, which no later check compares. */
  integer(setting: Bounded): number {
    const text = this.text(setting);
    const [least, most] = bounds[setting];
    const value = /^-?\d{1,9}$/.test(text) ? Number(text) : NaN;
    if (value >= least && value <= most) {
      return value;
    }
    if (setting in this.raw) {
      this.error(
        setting,
        `is ${this.shown(setting)}, expected a whole number from ${least} to ${most}`,
      );
    }
    return NaN;
  }

  /** One of these words; the first of them where it is none. */
  choice<Word extends string>(setting: string, words: readonly [Word, ...Word[]]): Word {
    const text = this.text(setting);
    const found = words.find((word) => word === text);
    if (found === undefined && setting in this.raw) {
      this.error(setting, `is ${this.shown(setting)}, expected ${words.join(" or ")}`);
    }
    return found ?? words[0];
  }

  /** A list or an object, of which somebody else knows what is in it. */
  structure(setting: string): unknown {
    return this.json(setting, {});
  }

  strings(setting: string): string[] {
    const value = this.json(setting, []);
    if (!Array.isArray(value) || value.some((item) => typeof item !== "string")) {
      this.error(setting, "is not a list of texts");
      return [];
    }
    return value as string[];
  }

  integers(setting: string): number[] {
    const value = this.json(setting, []);
    if (!Array.isArray(value) || value.some((item) => !Number.isInteger(item))) {
      this.error(setting, "is not a list of whole numbers");
      return [];
    }
    return value as number[];
  }

  /** An object of whole numbers from 0, by names. */
  counts(setting: string): Record<string, number> {
    const value = this.json(setting, {});
    const isRight =
      typeof value === "object" &&
      value !== null &&
      Object.values(value).every((item) => Number.isInteger(item) && Number(item) >= 0);
    if (!isRight) {
      this.error(setting, "is not an object of whole numbers, such as { controller-1: 1 }");
      return {};
    }
    return value as Record<string, number>;
  }

  /** A list of objects that have the first fields, may have the others, and nothing else. */
  objects<Field extends string, Optional extends string>(
    setting: string,
    fields: Field[],
    optional: Optional[],
  ): (Record<Field, string> & Partial<Record<Optional, string>>)[] {
    const value = this.json(setting, []);
    if (!Array.isArray(value)) {
      this.error(setting, `is not a list of objects with ${fields.join(" and ")}`);
      return [];
    }
    return value.flatMap((item: unknown, index) =>
      this.fields(`${setting}[${index}]`, item, fields, optional),
    );
  }

  /** An object that has these fields, or undefined where it is empty. */
  object<Field extends string, Optional extends string>(
    setting: string,
    fields: Field[],
    optional: Optional[],
  ): (Record<Field, string> & Partial<Record<Optional, string>>) | undefined {
    const value = this.json(setting, {});
    if (typeof value === "object" && value !== null && Object.keys(value).length === 0) {
      return undefined;
    }
    return this.fields(setting, value, fields, optional)[0];
  }

  /** An object of any names, whose values are texts, whole numbers or truth values; all of them as texts. */
  texts(setting: string): Record<string, string> {
    const value = this.json(setting, {});
    if (typeof value !== "object" || value === null || Array.isArray(value)) {
      this.error(setting, "is not an object of names and values");
      return {};
    }
    const entries = Object.entries(value).map(([key, item]: [string, unknown]) => {
      const isText = ["string", "boolean"].includes(typeof item) || Number.isSafeInteger(item);
      if (!isText) {
        this.error(
          `${setting}.${key}`,
          `is ${JSON.stringify(item)}, expected a text, a whole number, true or false`,
        );
      }
      return [key, isText ? String(item) : ""];
    });
    return Object.fromEntries(entries) as Record<string, string>;
  }

  private fields<Field extends string, Optional extends string>(
    setting: string,
    value: unknown,
    fields: Field[],
    optional: Optional[],
  ): (Record<Field, string> & Partial<Record<Optional, string>>)[] {
    if (typeof value !== "object" || value === null || Array.isArray(value)) {
      this.error(setting, `is not an object with ${fields.join(", ")}`);
      return [];
    }
    const entries = Object.entries(value).map(([key, item]) => [key, String(item)] as const);
    const known: string[] = [...fields, ...optional];
    for (const [key] of entries.filter(([key]) => !known.includes(key))) {
      this.error(setting, `has "${key}", which is not a field of it: ${known.join(", ")}`);
    }
    const missing = fields.filter((field) => !entries.some(([key, text]) => key === field && text));
    if (missing.length > 0) {
      this.error(setting, `has no ${missing.join(" and no ")}`);
      return [];
    }
    return [
      Object.fromEntries(entries) as Record<Field, string> & Partial<Record<Optional, string>>,
    ];
  }

  private text(setting: string): string {
    return this.raw[setting] ?? this.missing(setting, "");
  }

  /** What it is, for a message. */
  private shown(setting: string): string {
    return this.secrets.includes(setting) ? "a secret" : `"${this.raw[setting]}"`;
  }

  private json(setting: string, empty: unknown): unknown {
    const text = this.raw[setting];
    if (text === undefined) {
      return this.missing(setting, empty);
    }
    try {
      return JSON.parse(text) as unknown;
    } catch {
      this.error(setting, `is ${this.shown(setting)}, expected a list or an object`);
      return empty;
    }
  }

  private missing<T>(setting: string, empty: T): T {
    this.error(setting, "is not set, and Pulumi.yaml has no default for it");
    return empty;
  }
}

/** Whether a text is how Pulumi hands over a list or an object. */
function isJson(text: string): boolean {
  try {
    return /^[[{]/.test(text) && typeof JSON.parse(text) === "object";
  } catch {
    return false;
  }
}
