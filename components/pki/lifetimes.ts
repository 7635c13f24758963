/** How long certificates live, in hours. */
export interface Lifetimes {
  readonly caHours: number;
  readonly caRenewalHours: number;
  readonly certificateHours: number;
  readonly certificateRenewalHours: number;
}

export interface LifetimeSettings {
  readonly caLifetimeDays: number;
  readonly certificateLifetimeDays: number;
  readonly certificateRenewalDays: number;
}

/**
 * The CA's certificate is renewed once it could no longer outlive a new leaf: whatever is signed,
 * at any time, ends before its CA does. (The TLS provider does not see to that.)
 */
export function lifetimesFrom(settings: LifetimeSettings): Lifetimes {
  const hours = 24;
  return {
    caHours: settings.caLifetimeDays * hours,
    caRenewalHours: (settings.certificateLifetimeDays + 1) * hours,
    certificateHours: settings.certificateLifetimeDays * hours,
    certificateRenewalHours: settings.certificateRenewalDays * hours,
  };
}

/** How many days before its end a certificate is renewed by the next update. */
export interface RenewalDays {
  readonly certificate: number;
  readonly authority: number;
}

export function renewalDays(settings: LifetimeSettings): RenewalDays {
  const { certificateRenewalHours, caRenewalHours } = lifetimesFrom(settings);
  return { certificate: certificateRenewalHours / 24, authority: caRenewalHours / 24 };
}

/** What the next update does to certificates that end at these times, in words. */
export function renewalLines(
  ends: readonly Date[],
  { certificateRenewalDays }: LifetimeSettings,
  now = new Date(),
): string[] {
  const first = Math.min(...ends.map(Number));
  if (!(first < Number(now) + certificateRenewalDays * 24 * 3600 * 1000)) {
    return [];
  }
  const day = new Date(first).toISOString().slice(0, 10);
  const verb = first < Number(now) ? "ended" : "ends";
  return [`certificates are renewed (the first ${verb} on ${day}), and no member restarts for it`];
}

/** What is wrong with lifetimes in days, each with the setting's name. */
export function lifetimeErrors(settings: LifetimeSettings): { setting: string; text: string }[] {
  const { caLifetimeDays: ca, certificateLifetimeDays: leaf, certificateRenewalDays } = settings;
  const errors: { setting: string; text: string }[] = [];
  if (leaf < 1) {
    errors.push({ setting: "certificateLifetimeDays", text: `is ${leaf}, expected at least 1` });
  }
  if (certificateRenewalDays < 1 || certificateRenewalDays >= leaf) {
    errors.push({
      setting: "certificateRenewalDays",
      text:
        `is ${certificateRenewalDays}, expected 1 to ${Math.max(1, leaf - 1)}: at least a day, so that ` +
        `certificates are renewed before they end, and less than certificateLifetimeDays, or ` +
        `every pulumi up would renew them`,
    });
  }
  if (ca < 2 * leaf) {
    errors.push({
      setting: "caLifetimeDays",
      text: `is ${ca}, expected at least ${2 * leaf}, twice certificateLifetimeDays: no certificate may outlive its CA`,
    });
  }
  if (ca > 36500) {
    errors.push({ setting: "caLifetimeDays", text: `is ${ca}, expected at most 36500` });
  }
  return errors;
}
