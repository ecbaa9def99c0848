// What oidc-provider has to keep, in one file, so that it is still known after a restart. For a
// provider that few people use: every change writes all of it.
import { readFileSync, renameSync, writeFileSync } from 'node:fs';

const TOLERANCE = 15; // seconds that what is over is still known

// The adapter factory that oidc-provider's configuration takes, over FILE.
export function store(file) {
  let kept = {};
  try {
    kept = JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    if (error.code !== 'ENOENT') throw error;
  }
  const write = () => {
    writeFileSync(`${file}.new`, JSON.stringify(kept));
    renameSync(`${file}.new`, file);
  };
  const find = (model, matches) => Object.entries(kept)
    .filter(([name, one]) => name.startsWith(`${model}:`) && matches(one.payload))
    .map(([, one]) => one)
    .find((one) => !one.until || one.until > Date.now())?.payload;

  return (model) => ({
    upsert: async (id, payload, expiresIn) => {
      kept[`${model}:${id}`] = {
        payload,
        until: expiresIn && Date.now() + (expiresIn + TOLERANCE) * 1000,
      };
      write();
    },
    find: async (id) => {
      const one = kept[`${model}:${id}`];
      return one && (!one.until || one.until > Date.now()) ? one.payload : undefined;
    },
    findByUid: async (uid) => find(model, (payload) => payload.uid === uid),
    findByUserCode: async (code) => find(model, (payload) => payload.userCode === code),
    consume: async (id) => {
      kept[`${model}:${id}`].payload.consumed = Math.floor(Date.now() / 1000);
      write();
    },
    destroy: async (id) => {
      delete kept[`${model}:${id}`];
      write();
    },
    revokeByGrantId: async (grantId) => {
      for (const [name, one] of Object.entries(kept)) {
        if (one.payload.grantId === grantId) delete kept[name];
      }
      write();
    },
  });
}
