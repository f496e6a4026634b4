/* The trained LSTM, run by ONNX Runtime without threads. */
const RUNTIME = ["onnxruntime/ort.wasm-core.min.js",
  "onnxruntime/ort-wasm-simd.js"];
const WASM = "ort-wasm-simd.wasm";
const networks = new Map(); // address of the model -> promise

/* Load runtime and model, once for the whole page. */
function loadNetwork(folder, { model, shape }) {
  const address = `${folder}composer/${model}.js`;
  if (!networks.has(address)) {
    const network = startNetwork(folder, address, model, shape);
    networks.set(address, network);
    network.catch(() => networks.delete(address));
  }
  return networks.get(address);
}

async function startNetwork(folder, address, model, shape) {
  const runtime = RUNTIME.map((name) => loadScript(folder + name));
  await Promise.all([...runtime, loadScript(address)]);
  const { ort } = globalThis;
  const program = new Blob([await unpack(WASM)], { type: "application/wasm" });
  const place = URL.createObjectURL(program);
  ort.env.wasm.numThreads = 1;
  ort.env.wasm.wasmPaths = { [WASM]: place };
  const session = await ort.InferenceSession.create(
    await unpack(`${model}.onnx`), { executionProviders: ["wasm"] },
  );
  URL.revokeObjectURL(place);
  return new Network(session, ort.Tensor, shape);
}

class Network {
  #session;
  #Tensor;
  #shape; // of a state: layers, 1, width

  constructor(session, Tensor, shape) {
    this.#session = session;
    this.#Tensor = Tensor;
    this.#shape = shape;
  }

  /* Read an event; give logits and state. No state: a piece begins. */
  async step(event, state = null) {
    const number = BigInt64Array.of(BigInt(event));
    const given = state ?? { hidden: this.#zero(), cell: this.#zero() };
    const made = await this.#session.run({
      event: new this.#Tensor("int64", number, [1, 1]), ...given,
    });
    return {
      logits: made.logits.data,
      state: { hidden: made.new_hidden, cell: made.new_cell },
    };
  }

  #zero() {
    const [layers, , width] = this.#shape;
    const numbers = new Float32Array(layers * width);
    return new this.#Tensor("float32", numbers, this.#shape);
  }
}
