// oidc-provider as docs/providers/oidc-provider.md sets it up, with TLS and a person who does
// what is told on standard input. Ends when standard input does.
//
//   serve.mjs SETTINGS.json      issuer, port, cert, key, people, codes, clients, jwks, lifetimes,
//                                door (a port), machines (their authority), revoked (its list),
//                                store (a file), nameless
//
// One JSON object a line, both ways. In: {"approve": ID} {"deny": ID} for a CIBA request, and
// {"busy": {"path": PATH, "times": N, "after": SECONDS}} for 503 to the next N requests there.
// Out: {"event": "ready"}, {"event": "ciba", ...} for what a phone would show, and
// {"event": "request", ...} for everything that was asked.
import { readFileSync } from 'node:fs';
import { createServer } from 'node:https';
import { createInterface } from 'node:readline';
import Provider, { errors } from 'oidc-provider';

import { addCertificates, openDoor } from './certificates.mjs';
import { configuration } from './configuration.mjs';
import { store } from './store.mjs';

console.info = console.error; // the library's notices; standard output is ours

const settings = JSON.parse(readFileSync(process.argv[2], 'utf8'));
const tell = (event) => process.stdout.write(`${JSON.stringify(event)}\n`);
const waiting = new Map();

async function findAccount(ctx, sub) {
  const person = settings.people[sub];
  return person && { accountId: sub, claims: async () => ({ sub, ...person }) };
}

async function notify(ctx, request, account, client) {
  waiting.set(request.jti, request);
  tell({
    event: 'ciba',
    id: request.jti,
    account: account.accountId,
    client: client.clientId,
    params: request.params,
  });
}

const chosen = configuration({
  clients: settings.clients, jwks: settings.jwks, findAccount, notify,
});
for (const kind of ['DeviceCode', 'BackchannelAuthenticationRequest']) {
  const usual = chosen.ttl[kind];
  chosen.ttl[kind] = (ctx, token, client) => settings.lifetimes[client.clientId] ?? usual;
}
chosen.features.ciba.verifyUserCode = async (ctx, account, code) => {
  const wanted = settings.codes[account.accountId];
  if (wanted && !code) throw new errors.MissingUserCode();
  if (wanted && code !== wanted) throw new errors.InvalidUserCode();
};
addCertificates(chosen, `${settings.issuer}:${settings.door}`);
chosen.adapter = store(settings.store);
const provider = new Provider(settings.issuer, chosen);

async function approve(request) {
  const grant = new provider.Grant({
    clientId: request.clientId, accountId: request.accountId,
  });
  grant.addOIDCScope(request.params.scope);
  const grantId = await grant.save();
  await provider.backchannelResult(request.jti, grantId, {
    acr: request.params.acr_values, authTime: Math.floor(Date.now() / 1000),
  });
}

let busy = { times: 0 };

const commands = {
  approve,
  busy: (what) => { busy = what; },
  deny: (request) => provider.backchannelResult(request.jti, new errors.AccessDenied()),
};

provider.use(async (ctx, next) => {
  await next();
  tell({
    event: 'request',
    mono: Number(process.hrtime.bigint() / 1000000n) / 1000,
    endpoint: ctx.oidc?.route ?? ctx.path,
    status: ctx.status,
    door: ctx.socket.localPort,
    error: ctx.body?.error,
    detail: ctx.body?.error_description,
    why: ctx.why, // which clients are not told
    type: ctx.type,
    parts: typeof ctx.body === 'string' ? ctx.body.split('.').length : 0, // of a token
  });
});

// A provider that is short of something, and says when to come back.
provider.use(async (ctx, next) => {
  if (busy.times === 0 || ctx.path !== busy.path) return next();
  busy.times -= 1;
  ctx.status = 503;
  ctx.set('Retry-After', `${busy.after}`);
  ctx.body = { error: 'temporarily_unavailable' };
});

// One that gives its keys no names.
provider.use(async (ctx, next) => {
  await next();
  if (settings.nameless && ctx.path === '/jwks') {
    ctx.body = { keys: ctx.body.keys.map(({ kid, ...key }) => key) };
  }
});

for (const asked of ['device_authorization', 'backchannel_authentication', 'grant'])
  provider.on(`${asked}.error`, (ctx, error) => { ctx.why = error.error_detail; });

const tls = { cert: readFileSync(settings.cert), key: readFileSync(settings.key) };
const machines = { ca: readFileSync(settings.machines), crl: readFileSync(settings.revoked) };
const door = openDoor(provider, { ...tls, ...machines });
const server = createServer(tls, provider.callback());
door.listen(settings.door, '127.0.0.1', () => {
  server.listen(settings.port, '127.0.0.1', () => tell({ event: 'ready' }));
});

const lines = createInterface({ input: process.stdin });
lines.on('line', async (line) => {
  const [[verb, id]] = Object.entries(JSON.parse(line));
  await commands[verb](verb === 'busy' ? id : waiting.get(id)
    ?? await provider.BackchannelAuthenticationRequest.find(id));
  tell({ event: 'done', verb, id });
});
lines.on('close', () => process.exit(0));
