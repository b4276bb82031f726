(() => {
  const root = document.currentScript.closest(".film");
  const film = JSON.parse(root.querySelector("script[type='application/json']").textContent);
  const range = root.querySelector("input"), [samples, posteriors] = film.counts;
  const [limit, low, high, least, most] = film.limits, size = 2 * (samples + 4 * posteriors);
  const bytes = film.frames.map(text => Uint8Array.from(atob(text), c => c.charCodeAt(0)));
  const raise = { "-": "⁻", 0: "⁰", 1: "¹", 2: "²", 3: "³", 4: "⁴", 5: "⁵", 6: "⁶", 7: "⁷", 8: "⁸", 9: "⁹" };
  const say = value => {
    if (value === null) return "–";
    if (value !== 0 && (value < 1e-2 || value >= 1e4)) {
      const [digits, power] = value.toExponential(1).split("e");
      return `${digits} · 10${[...power.replace("+", "")].map(c => raise[c]).join("")}`;
    }
    return value < 100 ? value.toPrecision(2) : value.toFixed(0);
  };
  const at = (byte, from, to) => from + (to - from) * byte / 255;
  const ellipses = (all, first) => {
    let path = "";
    for (let i = 0; i < 2 * posteriors; i += 2) {
      const [x, y] = [0, 1].map(k => at(all[first + i + k], low, high));
      const [a, b] = [0, 1].map(k => Math.exp(at(all[first + 2 * posteriors + i + k], least, most)));
      // An ellipse too small to be seen is still a dot.
      const [w, h] = [Math.max(a, 0.03), Math.max(b, 0.03)].map(v => v.toFixed(3));
      path += `M${(x - w).toFixed(3)} ${(-y).toFixed(3)}a${w} ${h} 0 1 0 ${2 * w} 0a${w} ${h} 0 1 0 ${-2 * w} 0`;
    }
    return path;
  };
  const draw = () => {
    const frame = Number(range.value), step = film.steps[frame], c = film.curves[0].c[frame];
    const said = `Step ${step.toLocaleString("en")} of ${film.of.toLocaleString("en")}, c = ${c === null ? "–" : Number(c.toPrecision(5))}`;
    root.querySelectorAll(".film-run").forEach((run, i) => {
      const all = bytes[i].subarray(frame * size, (frame + 1) * size), curves = film.curves[i];
      let dots = "";
      for (let k = 0; k < 2 * samples; k += 2)
        dots += `M${at(all[k], -limit, limit).toFixed(3)} ${(-at(all[k + 1], -limit, limit)).toFixed(3)}h0`;
      run.querySelector(".samples path").setAttribute("d", dots);
      run.querySelector(".latents .real").setAttribute("d", ellipses(all, 2 * samples));
      run.querySelector(".latents .fake").setAttribute("d", ellipses(all, 2 * samples + 4 * posteriors));
      const values = ["as_distance", "kl_real", "kl_fake"].map(name => say(curves[name][frame]));
      run.querySelectorAll("b:not([class])").forEach((place, k) => { place.textContent = values[k]; });
    });
    for (const now of root.querySelectorAll(".now")) now.setAttribute("d", `M${100 * step / film.of} 0V100`);
    root.querySelector(".film-said").textContent = said;
    range.setAttribute("aria-valuetext", said);
  };
  range.addEventListener("input", draw);
  draw();
})();
