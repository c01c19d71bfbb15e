// Samples of sounds as the network takes them: one channel at its rate, of its length. The rules are those of model.json.
const LOBES = 16; // of the sinc to either side: what a sound keeps is flat up to 0.9 of half the lower rate

// The mean of the channels.
export function mixed(channels) {
  const found = new Float32Array(channels[0].length);
  for (const channel of channels) for (let place = 0; place < found.length; place += 1) found[place] += channel[place] / channels.length;
  return found;
}

// The samples at another rate, by a sinc in a Blackman window that cuts off what the lower rate cannot hold.
export function resampled(samples, from, to) {
  if (from === to) return samples;
  const scale = Math.min(1, to / from) * 0.95, reach = LOBES / scale, found = new Float32Array(Math.max(1, Math.round(samples.length * to / from)));
  for (let place = 0; place < found.length; place += 1) {
    const centre = place * from / to, last = Math.min(samples.length - 1, Math.floor(centre + reach));
    let sum = 0;
    for (let at = Math.max(0, Math.ceil(centre - reach)); at <= last; at += 1) sum += samples[at] * weight((at - centre) / reach, (at - centre) * scale);
    found[place] = sum * scale;
  }
  return found;
}

function weight(share, turn) {
  const window = 0.42 + 0.5 * Math.cos(Math.PI * share) + 0.08 * Math.cos(2 * Math.PI * share);
  return window * (turn === 0 ? 1 : Math.sin(Math.PI * turn) / (Math.PI * turn));
}

// So many samples: zeros follow what is shorter, the end of what is longer is cut off.
export function fitted(samples, count) {
  const found = new Float32Array(count);
  found.set(samples.subarray(0, count));
  return found;
}

// The last so many samples of a stream.
export class Last {
  constructor(count) {
    this.samples = new Float32Array(count);
    this.heard = 0;
  }

  add(block) {
    const {samples} = this, kept = block.subarray(Math.max(0, block.length - samples.length));
    samples.copyWithin(0, kept.length);
    samples.set(kept, samples.length - kept.length);
    this.heard += block.length;
  }
}
