"use strict";
// Steps through the recorded games. The boards come as changes from turn to turn; `boardAt` puts them together.
const data = JSON.parse(document.getElementById("games").textContent);
const element = (id) => document.getElementById(id);
// As many digits as the number needs: small ones have more behind the point.
const digits = (x) => x >= 1000 ? 0 : x >= 100 ? 1 : x >= 1 || x === 0 ? 2 : 4;
const format = (x) => x.toFixed(digits(Math.abs(x))).replace(/^-(?=[0.]+$)/, "");
let game = 0, turn = 0, timer = null;

function boardAt(recording, turn) {
  const cells = [...recording.board];
  for (let i = 1; i <= turn; i++) {
    const changes = recording.frames[i].board;
    for (let j = 0; j < changes.length; j += 2) cells[changes[j]] = changes[j + 1];
  }
  const rows = [];
  for (let i = 0; i < cells.length; i += recording.width) rows.push(cells.slice(i, i + recording.width).join(""));
  return rows;
}

function showValues(frame) {
  const list = element("values");
  list.textContent = "";
  const low = Math.min(...frame.values, 0), high = Math.max(...frame.values, low + 1e-9);
  frame.values.forEach((value, i) => {
    const chosen = i === frame.action;
    const row = document.createElement("div");
    row.className = "value" + (chosen ? " chosen" : "");
    append(row, "span", data.games[game].actions[i]);
    const bar = append(append(row, "span", ""), "div", "");
    bar.className = "bar";
    bar.style.width = (100 * (value - low) / (high - low)).toFixed(1) + "%";
    append(row, "span", format(value) + (chosen ? " ◀ pressed" : "")).className = "number";
    list.append(row);
  });
}

function append(parent, tag, text) {
  const child = document.createElement(tag);
  child.textContent = text;
  parent.append(child);
  return child;
}

function showSight(frame) {
  element("sight").textContent = "";
  if (frame.seen.length) {
    append(element("sight"), "p", "Around its character, or the whole board (▒ is beyond the edge):");
    append(element("sight"), "pre", frame.seen.join("\n")).className = "seen";
  }
  const list = document.createElement("ul");
  for (const [what, reading] of frame.radar) append(list, "li", `${what}: ${reading}`);
  for (const [name, value] of frame.numbers) append(list, "li", `${name} = ${value}`);
  if (frame.visits !== null)
    append(list, "li", frame.visits ? `It learned from this position ${frame.visits} times.` : "It never met this position in its training.");
  element("sight").append(list);
}

// One learning step in numbers: what this turn would teach.
function learningStep(recording, turn) {
  const frame = recording.frames[turn], next = recording.frames[turn + 1];
  if (frame.action === null) return ["The game is over: there is nothing more to learn from."];
  if (!next) return ["The recording ends here, so what came next is not known."];
  const over = next.action === null && recording.terminated;
  const q = frame.values[frame.action], best = Math.max(...next.values);
  const target = frame.reward + (over ? 0 : data.gamma * best), error = target - q;
  const lines = [
    `It pressed ${recording.actions[frame.action]}, expected ${format(q)}, and got the reward r = ${format(frame.reward)}.`,
    over ? "The game ended, so nothing follows: target = r = " + format(target)
         : `target = r + gamma x max Q(next) = ${format(frame.reward)} + ${data.gamma} x ${format(best)} = ${format(target)}`,
    `TD error = target - Q = ${format(target)} - ${format(q)} = ${format(error)}`,
  ];
  if (data.alpha !== null)
    lines.push(`new Q = Q + alpha x TD error = ${format(q)} + ${data.alpha} x ${format(error)} = ${format(q + data.alpha * error)}`);
  else
    lines.push(`The weights move so that Q comes a little nearer to ${format(target)}; ` +
               (Math.abs(error) < 0.05 * (Math.abs(target) + 1) ? "it is nearly there already." : error > 0 ? "it had expected too little." : "it had expected too much."));
  return lines;
}

function show() {
  const recording = data.games[game], frame = recording.frames[turn];
  const board = boardAt(recording, turn);
  const drawn = board.some((row) => row.trim());
  element("board").textContent = drawn ? board.join("\n") : "(this environment has no board to show)";
  element("board").classList.toggle("none", !drawn);
  element("board").style.fontSize = drawn ? Math.min(28, Math.max(9, 640 / recording.width)) + "px" : ""; // small boards are shown large
  element("slider").max = recording.frames.length - 1;
  element("slider").value = turn;
  element("slider").setAttribute("aria-valuetext", `turn ${turn}`);
  const state = Object.entries(frame.state).map(([name, value]) => `${name} ${value}`).join(", ");
  element("where").textContent = `Turn ${turn} of ${recording.turns}` + (state ? `: ${state}` : "") +
    (frame.action === null ? ". The game is over." : "");
  showValues(frame);
  showSight(frame);
  element("step").textContent = "";
  for (const line of learningStep(recording, turn)) append(element("step"), "div", line);
  document.querySelectorAll("[data-game]").forEach((button) =>
    button.setAttribute("aria-pressed", String(Number(button.dataset.game) === game)));
}

function go(to) {
  turn = Math.max(0, Math.min(data.games[game].frames.length - 1, to));
  show();
  if (turn === data.games[game].frames.length - 1) pause();
}
function pause() { clearInterval(timer); timer = null; element("play").textContent = "Play"; }
function play() {
  if (timer !== null) { pause(); return; }
  if (turn === data.games[game].frames.length - 1) go(0);
  element("play").textContent = "Pause";
  timer = setInterval(() => go(turn + 1), 1000 / Number(element("speed").value));
}

if (data.games.length) {
  element("slider").addEventListener("input", (event) => { pause(); go(Number(event.target.value)); });
  element("back").addEventListener("click", () => { pause(); go(turn - 1); });
  element("forth").addEventListener("click", () => { pause(); go(turn + 1); });
  element("play").addEventListener("click", play);
  element("speed").addEventListener("change", () => { if (timer !== null) { pause(); play(); } });
  document.querySelectorAll("[data-game]").forEach((button) =>
    button.addEventListener("click", () => { pause(); game = Number(button.dataset.game); go(0); }));
  document.addEventListener("keydown", (event) => {
    if (event.target.matches("select, input, textarea") || event.ctrlKey || event.altKey || event.metaKey) return;
    const keys = { ArrowLeft: () => { pause(); go(turn - 1); }, ArrowRight: () => { pause(); go(turn + 1); }, " ": play,
                   Home: () => { pause(); go(0); }, End: () => { pause(); go(Infinity); } };
    if (!(event.key in keys) || (event.key === " " && event.target.matches("button"))) return;
    event.preventDefault();
    keys[event.key]();
  });
  show();
}
