/** A stand-in for the Workers runtime's `FixedLengthStream` under Node: the same back-pressure, and an error where the length is not kept. */
export class FixedLengthStreamStandIn extends TransformStream<Uint8Array, Uint8Array> {
  constructor(length: number) {
    let left = length;
    super({
      transform(chunk, controller) {
        left -= chunk.byteLength;
        if (left < 0) {
          throw new TypeError("Attempt to write too many bytes through a FixedLengthStream.");
        }
        controller.enqueue(chunk.slice());
      },
      flush() {
        if (left > 0) {
          throw new TypeError("FixedLengthStream did not see all expected bytes before close().");
        }
      },
    });
  }
}
