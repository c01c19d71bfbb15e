// A sound: the microphone, again and again or once, or a file.
import {element, find} from "./element.js";
import {fitted, Last, mixed, resampled} from "./sounds.js";

const EVERY = 250; // milliseconds from one answer to the next
const PLAIN = {channelCount: 1, echoCancellation: false, noiseSuppression: false, autoGainControl: false}; // as sounds of files are
const REFUSED = "The browser gave no microphone";

export function listening(page) {
  const [name, rule] = Object.entries(page.network.card.preprocessing.inputs)[0], count = page.network.card.inputs[name].shape[1];
  const seconds = count / rule.sample_rate, canvas = element("canvas", {className: "wave", width: 560, height: 96});
  const ask = samples => { draw(canvas, samples); return page.ask({[name]: samples}); };
  let stop = null;
  const end = () => { stop?.(); stop = null; listen.textContent = "Listen"; record.disabled = false; };
  const begin = async heard => {
    try {
      page.say("Waiting for the microphone…");
      stop = await opened(rule, count, heard);
      page.say("");
      return true;
    } catch (error) {
      page.say(`${REFUSED}: ${error.message ?? error}`, true);
      end();
      return false;
    }
  };
  const listen = element("button", {textContent: "Listen", onclick: async () => {
    if (stop) return end();
    record.disabled = true;
    let busy = false;
    const answer = async samples => {
      if (busy) return;
      busy = true;
      await ask(samples);
      busy = false;
    };
    if (await begin(answer)) listen.textContent = "Stop";
  }});
  const record = element("button", {textContent: `Record ${seconds.toPrecision(2)} s`, onclick: async () => {
    record.disabled = true;
    await begin((samples, whole) => { if (whole) { end(); ask(samples); } });
  }});
  const choose = async chosen => {
    try {
      const {samples, left} = await decoded(await chosen.arrayBuffer(), rule, count);
      await ask(samples);
      page.say(left > 0 ? `${chosen.name} is ${left.toFixed(2)} s longer than the ${seconds.toPrecision(2)} s that the network hears: its end is left out.` : "");
    } catch {
      page.say(`${chosen.name} is no sound that this browser reads.`, true);
    }
  };
  const file = element("input", {type: "file", accept: "audio/*", onchange: () => { if (file.files[0]) choose(file.files[0]); file.value = ""; }});
  canvas.setAttribute("aria-label", "the sound that the network heard");
  find("input").append(
    element("p", {textContent: "Let it listen, or choose a sound."}), canvas,
    element("div", {className: "row"}, listen, record, element("label", {className: "file"}, "Choose a sound", file)),
  );
  page.show = example => draw(canvas, example.inputs[name]);
  page.hear = choose;
}

// The microphone until what is given back is called. `heard` gets the last samples, at the network's rate and of its length,
// a few times a second, and whether all of them were heard.
async function opened(rule, count, heard) {
  if (!navigator.mediaDevices) throw new Error("pages have one at encrypted addresses and at localhost alone");
  const stream = await navigator.mediaDevices.getUserMedia({audio: PLAIN}), context = new AudioContext();
  const end = () => { clearInterval(timer); stream.getTracks().forEach(track => track.stop()); context.close(); };
  let timer = null;
  try {
    await context.audioWorklet.addModule("microphone.js");
    const last = new Last(Math.ceil(count * context.sampleRate / rule.sample_rate)), node = new AudioWorkletNode(context, "microphone", {numberOfOutputs: 0});
    node.port.onmessage = event => last.add(event.data);
    context.createMediaStreamSource(stream).connect(node);
    await context.resume();
    timer = setInterval(() => {
      if (last.heard) heard(fitted(resampled(last.samples, context.sampleRate, rule.sample_rate), count), last.heard >= last.samples.length);
    }, EVERY);
  } catch (error) {
    end();
    throw error;
  }
  return end;
}

// A sound of a file at the network's rate, and how many seconds of it were left out.
export async function decoded(bytes, rule, count) {
  const context = new OfflineAudioContext(1, 1, rule.sample_rate), buffer = await context.decodeAudioData(bytes);
  const samples = mixed(Array.from({length: buffer.numberOfChannels}, (_, channel) => buffer.getChannelData(channel)));
  return {samples: fitted(samples, count), left: (samples.length - count) / rule.sample_rate};
}

// The samples as a band from the lowest to the highest in each column of the picture.
export function draw(canvas, samples) {
  const {width, height} = canvas, ink = canvas.getContext("2d"), middle = height / 2;
  ink.clearRect(0, 0, width, height);
  ink.fillStyle = "#6f8fb3";
  for (let column = 0; column < width; column += 1) {
    let low = 0, high = 0;
    for (let place = Math.floor(column * samples.length / width); place < Math.ceil((column + 1) * samples.length / width); place += 1) {
      low = Math.min(low, samples[place]);
      high = Math.max(high, samples[place]);
    }
    ink.fillRect(column, middle - Math.min(1, high) * middle, 1, Math.max(1, (Math.min(1, high) - Math.max(-1, low)) * middle));
  }
}
