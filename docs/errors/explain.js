// Finds the page on an error in what somebody pastes, in this browser alone: nothing is sent.
// doctor/src/chatlas_doctor/explain.py does the same in a terminal, and a test holds both to the same answers.
const HALF = 20000, GAP = 200, SHOWN = 3;
const OURS = ["chatlas", "openai", "ollama", "litellm", "vllm", "llama_cpp"];

// In one line, without colours and without the backslashes of JSON; the middle of a long text left out.
function plain(text) {
  const letters = Array.from(text);
  if (letters.length > 2 * HALF) text = letters.slice(0, HALF).join("") + " " + letters.slice(-HALF).join("");
  text = text.replace(/\x1b\[[0-9;]*m/g, "");
  text = text.replaceAll("\\n", " ").replaceAll('\\"', '"').replaceAll("\\'", "'");
  return text.replace(/[ \t\r\n]+/g, " ");
}

// Whether a pattern is in the text: its pieces in their order, each near the one before it.
function holds(text, pattern) {
  const [first, ...others] = pattern.split("…");
  for (let start = text.indexOf(first); start >= 0; start = text.indexOf(first, start + 1)) {
    let end = start + first.length;
    const all = others.every((piece) => {
      const at = text.slice(end, end + GAP + piece.length).indexOf(piece);
      end += at + piece.length;
      return at >= 0;
    });
    if (all) return true;
  }
  return false;
}

// The pages that know an error, best first; none for what is no business of the site.
function explain(text, errors) {
  text = plain(text);
  if (text.includes('File "') && !OURS.some((word) => text.includes(word))) return [];
  const size = (pattern) => pattern.replaceAll("…", "").length;
  const found = [];
  for (const error of errors) {
    const known = error.match.filter((pattern) => holds(text, pattern));
    if (known.length) {
      const longest = known.reduce((best, each) => (size(each) > size(best) ? each : best));
      found.push({error, longest});
    }
  }
  found.sort((a, b) => size(b.longest) - size(a.longest) || (a.error.name < b.error.name ? -1 : 1));
  return found.map(({error, longest}) => ({
    title: error.title, address: "docs/errors/" + error.name + ".html", why: "your text has “" + longest + "”", says: error.says,
  }));
}
