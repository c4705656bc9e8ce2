// Puts the reader's server into the Python code of the page: what is typed into the box "Your server" replaces what
// stands in the places that scripts/site/your_server.py marks. It stays in this browser: nothing is sent.
(function () {
  const STORED = "chatlas-your-server", FIELDS = ["base_url", "model", "api_key"];
  const KEY = /^(sk|pk|hf|gsk|ghp|xai|nvapi|Bearer)[-_ ]\S{4,}|^AIza|^eyJ/;
  const box = document.getElementById("your-server");
  if (!box) return;
  const form = box.querySelector("form"), status = box.querySelector("[role=status]");
  const marks = [...document.querySelectorAll("[data-yours]")].map((mark) => ({mark, ours: [...mark.childNodes], text: mark.textContent}));

  function stored() {
    try {
      return JSON.parse(localStorage.getItem(STORED)) || {};
    } catch {
      return {};
    }
  }

  function store(values) {
    try {
      if (Object.keys(values).length) localStorage.setItem(STORED, JSON.stringify(values));
      else localStorage.removeItem(STORED);
    } catch {} // this browser stores nothing: the page at hand is replaced all the same
  }

  // What is wrong with what was typed; "" if nothing is.
  function refusal(name, typed) {
    const mixed = typed.length >= 20 && /\d/.test(typed) && /[a-z]/.test(typed);
    if (KEY.test(typed) || (name === "api_key" && mixed)) return "That looks like a key. It was not kept: type the name of the variable that holds it.";
    if (name === "api_key" && !/^[A-Za-z_]\w*$/.test(typed)) return "A variable's name has only letters, digits and _, and no digit in front.";
    if (name === "base_url" && !/^https?:\/\/[^\s/]/.test(typed)) return "A base URL begins with http:// or https://.";
    if (name === "base_url" && /^https?:\/\/[^/]*@|[?#]/.test(typed)) return "A base URL has no name, key or question in it.";
    return "";
  }

  // The Python source for a place, or undefined where ours stays. The rules for a text are JSON's.
  function source(name, ours, values) {
    if (name === "import") return values.api_key && "import os\n\n";
    if (!values[name]) return undefined;
    if (name === "api_key") return `os.environ[${JSON.stringify(values.api_key)}]`;
    if (name === "model") return JSON.stringify(values.model);
    const root = values.base_url.replace(/\/+$/, "").replace(/\/v1$/, "");
    return JSON.stringify(root + (ours.endsWith('/v1"') ? "/v1" : ""));
  }

  function show(values) {
    let count = 0;
    for (const {mark, ours, text} of marks) {
      const yours = source(mark.dataset.yours, text, values);
      mark.replaceChildren(...ours);
      mark.classList.toggle("yours", Boolean(yours));
      if (!yours) continue;
      const one = ours.length === 1 && ours[0].nodeType === 1 ? ours[0].cloneNode() : document.createElement("span");
      one.textContent = yours;
      mark.replaceChildren(one);
      count += mark.dataset.yours === "import" ? 0 : 1;
    }
    const some = Object.keys(values).length > 0;
    box.classList.toggle("in-use", some);
    document.querySelectorAll(".ours").forEach((note) => note.remove());
    for (const output of some ? document.querySelectorAll(".cell-output, pre.output") : []) {
      const note = document.createElement("p");
      note.className = "ours";
      note.textContent = "Our server printed this, not yours:";
      (output.closest("details.long-output, .code-copy-outer-scaffold") || output).before(note);
    }
    box.querySelector("summary span").textContent = some ? ": " + (values.base_url || values.model || values.api_key) : "";
    return some ? `Replaced in ${count} ${count === 1 ? "place" : "places"} on this page. What our server printed stays.` : "";
  }

  function say(text) {
    if (status.textContent !== text) status.textContent = text;
  }

  function read() {
    const values = {}, refused = [];
    for (const name of FIELDS) {
      const field = form.elements[name], typed = field.value.trim(), why = typed && refusal(name, typed);
      field.setAttribute("aria-invalid", Boolean(why));
      if (why) refused.push(why);
      else if (typed) values[name] = typed;
      if (why.startsWith("That looks like a key")) field.value = "";
    }
    store(values);
    const shown = show(values);
    say(refused.join(" ") || shown);
  }

  function fill() {
    const values = stored();
    for (const name of FIELDS) form.elements[name].value = values[name] || "";
    say(show(values));
  }

  form.addEventListener("input", read);
  form.addEventListener("submit", (event) => event.preventDefault());
  form.querySelector("button").addEventListener("click", () => {
    store({});
    fill();
    form.elements.base_url.focus();
  });
  addEventListener("storage", (event) => event.key === STORED && fill());
  box.hidden = false;
  fill();
})();
