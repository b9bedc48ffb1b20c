// Tells Discord what an alarm topic says. The webhook's URL is fetched from Secrets Manager at each start and never logged.
const LIMIT = 1800;
const RED = 0xd92d20;
const GREEN = 0x12b76a;
const GREY = 0x667085;

let webhook;

export async function handler(event) {
  webhook ??= await fetchWebhook(process.env.WEBHOOK_SECRET);
  for (const record of event.Records) {
    const answer = await fetch(webhook, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(message(record.Sns)),
      signal: AbortSignal.timeout(10_000),
    });
    // Throwing makes Lambda try again, twice; then its failure is an alarm of its own.
    if (!answer.ok) throw new Error(`Discord answered ${answer.status}`);
  }
}

/** One embed a person understands at a glance: what, since when, why. */
export function message(sns) {
  const alarm = parse(sns.Message);
  if (alarm?.AlarmName) {
    return embed(alarm.AlarmName, `${alarm.AlarmDescription ?? ''}\n\n${alarm.NewStateReason ?? ''}`.trim(),
      { ALARM: RED, OK: GREEN }[alarm.NewStateValue] ?? GREY, alarm.StateChangeTime, alarm.NewStateValue === 'OK' ? 'over' : undefined);
  }
  if (alarm?.['detail-type']) {
    const { detail } = alarm;
    const what = [detail.group, detail.stoppedReason, ...(detail.containers ?? []).map(c => `${c.name}: exit code ${c.exitCode ?? 'none'} ${c.reason ?? ''}`)];
    return embed(alarm['detail-type'], what.filter(Boolean).join('\n'), RED, alarm.time);
  }
  return embed(sns.Subject ?? 'TwiBackup', sns.Message, GREY, sns.Timestamp);
}

function embed(title, description, color, time, state) {
  const at = new Date(time ?? NaN);
  return {
    username: 'TwiBackup',
    allowed_mentions: { parse: [] },
    embeds: [{
      title: (state ? `${title}: ${state}` : title).slice(0, 250),
      description: (description ?? '').slice(0, LIMIT),
      color,
      ...(Number.isNaN(at.getTime()) ? {} : { timestamp: at.toISOString() }),
    }],
  };
}

function parse(text) {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

async function fetchWebhook(secret) {
  const { SecretsManagerClient, GetSecretValueCommand } = await import('@aws-sdk/client-secrets-manager');
  const { SecretString } = await new SecretsManagerClient().send(new GetSecretValueCommand({ SecretId: secret }));
  return SecretString.trim();
}
