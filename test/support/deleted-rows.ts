import { randomUUID } from 'node:crypto';
import { PutObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import type { Pinned } from '../../bin/lake/as-of.js';
import { vectorOf } from '../../bin/lake/deletion-vectors.js';

const ALPHABET = '0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-:+=^!/*?&<>()[]{}@%$#';
const MAGIC = 1_681_511_377;

/** A UUID in Z85, as Delta's log says it. */
function lettersOf(uuid: string): string {
  const words = uuid.replaceAll('-', '').match(/.{8}/g) ?? [];
  return words.map((word) => [4, 3, 2, 1, 0].map((place) => ALPHABET[Math.floor(Number.parseInt(word, 16) / 85 ** place) % 85]).join('')).join('');
}

function crc32(bytes: Uint8Array): number {
  let crc = ~0;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit += 1) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
  }
  return ~crc >>> 0;
}

/** The set of row 0 alone, as files of deletion vectors hold it: a version, a size, a roaring bitmap, a checksum. */
function firstRow(): Buffer {
  const data = Buffer.alloc(34);
  data.writeUInt32LE(MAGIC, 0);
  // One bitmap of 32 bits, of key 0: without runs, of one container with one value.
  data.writeBigUInt64LE(1n, 4);
  data.writeUInt32LE(12_346, 16);
  data.writeUInt32LE(1, 20);
  data.writeUInt32LE(16, 28);
  const [head, tail] = [Buffer.from([1, 0, 0, 0, data.length]), Buffer.alloc(4)];
  tail.writeUInt32BE(crc32(data));
  return Buffer.concat([head, data, tail]);
}

/** A version of a table as it would be with the first row of each of its files deleted: what says so is written beside the files. */
export async function withoutFirstRows(pinned: Pinned, s3: S3Client): Promise<Pinned> {
  const { bucket, path } = pinned.location;
  const uuid = randomUUID();
  const deleted = vectorOf({ storageType: 'u', pathOrInlineDv: lettersOf(uuid), offset: 1, sizeInBytes: 34, cardinality: 1 } as Parameters<typeof vectorOf>[0]);
  await s3.send(new PutObjectCommand({ Bucket: bucket, Key: `${path}/${deleted.path}`, Body: firstRow() }));
  return { ...pinned, files: pinned.files.map((file) => ({ ...file, deleted, records: (file.records ?? 0) - 1 })) };
}
