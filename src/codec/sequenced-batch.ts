import { crc32c } from '@node-rs/crc32';

// Where the header's fields are (record-batch.ts); the CRC covers what comes from the attributes on.
const at = { crc: 17, attributes: 21, producerId: 43, producerEpoch: 51, baseSequence: 53 } as const;

/** Writes a producer's id, epoch and first sequence into the header of a whole batch, in place, and a CRC that fits. */
export const setProducer = (
  batch: Uint8Array,
  producer: { readonly producerId: number; readonly producerEpoch: number; readonly baseSequence: number },
): void => {
  const header = new DataView(batch.buffer, batch.byteOffset, batch.length);
  header.setBigInt64(at.producerId, BigInt(producer.producerId));
  header.setInt16(at.producerEpoch, producer.producerEpoch);
  header.setInt32(at.baseSequence, producer.baseSequence);
  header.setUint32(at.crc, crc32c(batch.subarray(at.attributes)));
};
