// oidc-provider as docs/providers/oidc-provider.md sets it up, with TLS and a person who does
// what is told on standard input. Ends when standard input does.
//
//   serve.mjs SETTINGS.json      issuer, port, cert, key, people, codes, clients, jwks, lifetimes,
//                                door (a port), machines (their authority), revoked (its list)
//
// One JSON object a line, both ways. In: {"approve": ID} {"deny": ID} for a CIBA request;
// {"rotate": 0} to sign by other keys from now on, as after a restart that keeps its state;
// {"away": 0} to end connections as they come, until {"back": 0};
// {"busy": N} to answer the next poll with status 503 and "Retry-After: N".
// Out: {"event": "ready"}, {"event": "ciba", ...} for what a phone would show, and
// {"event": "request", ...} for everything that was asked, {"event": "turned away"}.
import { readFileSync } from 'node:fs';
import { createServer } from 'node:https';
import { createInterface } from 'node:readline';
import Provider, { errors } from 'oidc-provider';
import { createMemoryAdapter } from 'oidc-provider/lib/adapters/memory_adapter.js';

import { addCertificates, openDoor } from './certificates.mjs';
import { configuration } from './configuration.mjs';

console.info = console.error; // the library's notices; standard output is ours

const settings = JSON.parse(readFileSync(process.argv[2], 'utf8'));
const tell = (event) => process.stdout.write(`${JSON.stringify(event)}\n`);
const now = () => Number(process.hrtime.bigint() / 1000000n) / 1000;
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
let provider, callback;
let away = false;
let busy = null; // seconds
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

async function approve(request) {
  const grant = new provider.Grant({
    clientId: request.clientId, accountId: request.accountId,
  });
  grant.addOIDCScope(request.params.scope);
  const grantId = await grant.save();
  await provider.backchannelResult(request.jti, grantId, { acr: request.params.acr_values });
}

// It outlives a provider, as a database does, and its entries their end by the usual tolerance.
const adapter = createMemoryAdapter(15);

function begin(jwks) {
  provider = new Provider(settings.issuer, { ...chosen, jwks, adapter });
  provider.use(holdUp);
  provider.use(report);
  for (const asked of ['device_authorization', 'backchannel_authentication', 'grant'])
    provider.on(`${asked}.error`, (ctx, error) => { ctx.why = error.error_detail; });
  callback = provider.callback();
}

const commands = {
  approve,
  rotate: () => begin(settings.later_jwks),
  away: () => {
    away = true;
    server.closeAllConnections();
  },
  back: () => { away = false; },
  busy: (request, seconds) => { busy = seconds; },
  deny: (request) => provider.backchannelResult(request.jti, new errors.AccessDenied()),
};

async function holdUp(ctx, next) {
  if (busy === null || ctx.path !== '/token') return next();
  ctx.status = 503;
  ctx.set('Retry-After', String(busy));
  ctx.body = { error: 'temporarily_unavailable' };
  busy = null;
  tell({ event: 'busy', mono: now() });
}

async function report(ctx, next) {
  await next();
  tell({
    event: 'request',
    mono: now(),
    endpoint: ctx.oidc?.route ?? ctx.path,
    status: ctx.status,
    door: ctx.socket.localPort,
    error: ctx.body?.error,
    detail: ctx.body?.error_description,
    why: ctx.why, // which clients are not told
    type: ctx.type,
    parts: typeof ctx.body === 'string' ? ctx.body.split('.').length : 0, // of a token
  });
}

const tls = { cert: readFileSync(settings.cert), key: readFileSync(settings.key) };
const machines = { ca: readFileSync(settings.machines), crl: readFileSync(settings.revoked) };
begin(settings.jwks);
const door = openDoor(provider, { ...tls, ...machines });
const server = createServer(tls, (request, response) => callback(request, response));
server.prependListener('connection', (socket) => {
  if (!away) return;
  socket.destroy();
  tell({ event: 'turned away' });
});
door.listen(settings.door, '127.0.0.1', () => {
  server.listen(settings.port, '127.0.0.1', () => tell({ event: 'ready' }));
});

const lines = createInterface({ input: process.stdin });
lines.on('line', async (line) => {
  const [[verb, id]] = Object.entries(JSON.parse(line));
  await commands[verb](waiting.get(id), id);
  tell({ event: 'done', verb, id });
});
lines.on('close', () => process.exit(0));
