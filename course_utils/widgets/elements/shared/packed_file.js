/* Scripts and files from beside the page, also where it is no server's:
 * a page that is a file may load scripts, and nothing else. So files come as
 * scripts that keep them as text; see `widgets/packed_file.py`.
 */
const scripts = new Map(); // address -> promise

/* Run a script once for the whole page. */
function loadScript(address) {
  if (!scripts.has(address)) {
    scripts.set(address, new Promise((done, fail) => {
      const script = make("script", {
        src: address, onload: done, onerror: () => {
          scripts.delete(address);
          fail(new Error(`${address} cannot be loaded`));
        },
      });
      document.head.append(script);
    }));
  }
  return scripts.get(address);
}

/* The bytes of a file whose script has been loaded. */
async function unpack(name) {
  const packed = atob(globalThis.packedFiles[name]);
  const bytes = new Uint8Array(packed.length);
  for (let i = 0; i < bytes.length; i += 1) bytes[i] = packed.charCodeAt(i);
  const plain = new Blob([bytes]).stream()
    .pipeThrough(new DecompressionStream("gzip"));
  return new Uint8Array(await new Response(plain).arrayBuffer());
}
