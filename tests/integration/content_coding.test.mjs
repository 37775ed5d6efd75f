// Request bodies with a Content-Encoding: gzip is taken, within the limit that holds for the text.
import assert from 'node:assert/strict';
import zlib from 'node:zlib';
import { suite } from '../harness/suite.mjs';

suite('content coding', ({ test, newApp }) => {
  const where = '/channels/messaging/dock/message';
  const harbour = async () => {
    const app = await newApp();
    await app.channel('dock', ['mara']);
    return app;
  };
  const body = (text) => JSON.stringify({ message: { text, user_id: 'mara' } });
  const as = (coding) => ({ headers: { 'content-encoding': coding } });

  test('gzip and identity', async () => {
    const app = await harbour();
    for (const coding of ['gzip', 'GZIP', 'x-gzip']) {
      assert.equal((await app.call('POST', where, zlib.gzipSync(body('häfen')), as(coding))).message.text, 'häfen');
    }
    const parts = Buffer.concat([zlib.gzipSync(body('x').slice(0, 9)), zlib.gzipSync(body('x').slice(9))]);
    assert.equal((await app.call('POST', where, parts, as('gzip'))).message.text, 'x');
    await app.call('POST', where, body('x'), as('identity'));
  });

  test('what is no gzip, or cut', async () => {
    const app = await harbour();
    const packed = zlib.gzipSync(body('x'));
    for (const broken of [Buffer.from(body('x')), packed.subarray(0, -1), packed.subarray(0, 12), Buffer.concat([packed, Buffer.from('more')]), zlib.deflateSync(body('x'))]) {
      await app.refuses(400, 4, 'POST', where, broken, as('gzip'));
    }
  });

  test('other codings are 415', async () => {
    const app = await harbour();
    for (const coding of ['br', 'deflate', 'zstd', 'gzip, gzip', 'identity, gzip', 'chunked']) {
      const answer = await app.refuses(415, 4, 'POST', where, body('x'), as(coding));
      assert.match(answer.message, /Content-Encoding/);
    }
  });

  test('a bomb stops at the limit', async () => {
    const app = await harbour();
    const bomb = zlib.gzipSync(Buffer.alloc(200 << 20, 0x20), { level: 9 });
    const layered = Buffer.concat(Array.from({ length: 64 }, () => zlib.gzipSync(Buffer.alloc(64 << 10, 0x20))));
    for (const packed of [bomb, layered]) await app.refuses(413, 22, 'POST', where, packed, as('gzip'));
    await app.call('POST', where, body('x'));
  });
});
