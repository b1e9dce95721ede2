// A real identity provider for the tests: oidc-provider (certified by the OpenID Foundation), with a few people and groups.
//
//   node provider.mjs MODULES PORT CERTIFICATE KEY
//
// Serves https://127.0.0.1:PORT. Takes commands from standard input, one JSON object for each line, and answers each with
// one line on standard output:
//   {"do":"rotate"}              signs with a new key; the old one stays published
//   {"do":"retire"}              publishes the newest key alone
//   {"do":"swap"}                signs with a new key and publishes it alone
//   {"do":"mint","claims":{…},"header":{…},"key":"current"|"stranger"|"none"|"hmac"}   a token of any kind
//   {"do":"impatient"}           codes of devices end after two seconds
//   {"do":"calls"}               how often the keys were fetched
import { createHmac, generateKeyPairSync, randomUUID, sign } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:https';
import { createInterface } from 'node:readline';
import { pathToFileURL } from 'node:url';

const [modules, port, certificate, key] = process.argv.slice(2);
const { default: Provider } = await import(pathToFileURL(`${modules}/oidc-provider/lib/index.js`));

const issuer = `https://127.0.0.1:${port}`;
const people = {
  vera: ['lookers'],
  otto: ['on-call'],
  ada: ['platform-admins'],
  tina: ['acme-admins'],
  nobody: [],
};

function newKey() {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const jwk = { ...privateKey.export({ format: 'jwk' }), kid: randomUUID(), alg: 'RS256', use: 'sig' };
  return { jwk, privateKey, pem: publicKey.export({ format: 'pem', type: 'spki' }) };
}

const client = (id) => ({
  client_id: id,
  application_type: 'native',
  token_endpoint_auth_method: 'none',
  redirect_uris: ['http://127.0.0.1/callback'],
  response_types: ['code'],
  grant_types: ['authorization_code', 'refresh_token', 'urn:ietf:params:oauth:grant-type:device_code'],
});

const cookies = [randomUUID()];
let deviceSeconds = 600;
function provider(keys) {
  const made = new Provider(issuer, {
    clients: [client('gateway-cli'), client('another-client')],
    cookies: { keys: cookies },
    jwks: { keys: keys.map((k) => k.jwk) },
    features: { deviceFlow: { enabled: true }, revocation: { enabled: true }, devInteractions: { enabled: true } },
    scopes: ['openid', 'email', 'profile', 'offline_access'],
    claims: { openid: ['sub', 'groups'], email: ['email', 'email_verified'], profile: [] },
    conformIdTokenClaims: false,
    ttl: { IdToken: 3600, AccessToken: 3600, Interaction: 600, Grant: 3600, Session: 3600, DeviceCode: deviceSeconds },
    findAccount: (_ctx, id) => ({
      accountId: id,
      claims: () => ({ sub: id, groups: people[id] ?? [], email: `${id}@people.example`, email_verified: true }),
    }),
  });
  return made.callback();
}

let keys = [newKey()];
let handler = provider(keys);
let calls = 0;
const stranger = newKey();

const encode = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');
function mint({ claims = {}, header = {}, key: which = 'current' }) {
  const now = Math.floor(Date.now() / 1000);
  const of = which === 'stranger' ? stranger : keys[0];
  const alg = { none: 'none', hmac: 'HS256' }[which] ?? 'RS256';
  const all = { iss: issuer, aud: 'gateway-cli', sub: 'ada', groups: people.ada, iat: now, exp: now + 3600, ...claims };
  const message = `${encode({ alg, typ: 'JWT', kid: of.jwk.kid, ...header })}.${encode(all)}`;
  if (which === 'none') return `${message}.`;
  if (which === 'hmac') return `${message}.${createHmac('sha256', of.pem).update(message).digest('base64url')}`;
  return `${message}.${sign('RSA-SHA256', Buffer.from(message), of.privateKey).toString('base64url')}`;
}

const commands = {
  rotate: () => { keys = [newKey(), ...keys]; handler = provider(keys); return {}; },
  retire: () => { keys = keys.slice(0, 1); handler = provider(keys); return {}; },
  swap: () => { keys = [newKey()]; handler = provider(keys); return {}; },
  mint: (command) => ({ token: mint(command) }),
  impatient: () => { deviceSeconds = 2; handler = provider(keys); return {}; },
  calls: () => ({ calls }),
};

createServer({ cert: readFileSync(certificate), key: readFileSync(key) }, (request, response) => {
  if (request.url.startsWith('/jwks')) calls += 1;
  handler(request, response);
}).listen(Number(port), '127.0.0.1', () => console.log(JSON.stringify({ issuer })));

for await (const line of createInterface({ input: process.stdin })) {
  const command = JSON.parse(line);
  console.log(JSON.stringify(commands[command.do](command)));
}
process.exit(0);
