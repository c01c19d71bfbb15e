// Runs beside the page, on the thread of its sound: hands on what the microphone hears, one channel, some blocks at a time.
const COUNT = 2048;

registerProcessor("microphone", class extends AudioWorkletProcessor {
  constructor() {
    super();
    this.block = new Float32Array(COUNT);
    this.filled = 0;
  }

  process([channels]) {
    for (let place = 0; channels.length && place < channels[0].length; place += 1) {
      this.block[this.filled] = channels.reduce((sum, channel) => sum + channel[place], 0) / channels.length;
      this.filled += 1;
      if (this.filled === COUNT) {
        this.port.postMessage(this.block);
        this.block = new Float32Array(COUNT);
        this.filled = 0;
      }
    }
    return true;
  }
});
