// The pairing dialogue: a code that works once, as letters and as squares, and the devices that are paired.
import { ask, el } from "/app.js";

const $ = (id) => document.getElementById(id);

function squares({ width, squares }) {
  const canvas = $("qr");
  const scale = 6, quiet = 4;
  canvas.width = canvas.height = (width + 2 * quiet) * scale;
  const paint = canvas.getContext("2d");
  paint.fillStyle = "#fff";
  paint.fillRect(0, 0, canvas.width, canvas.height);
  paint.fillStyle = "#000";
  for (let i = 0; i < squares.length; i += 1) {
    if (squares[i] === "1") paint.fillRect((quiet + (i % width)) * scale, (quiet + Math.floor(i / width)) * scale, scale, scale);
  }
}

async function devices() {
  const list = await ask("/api/devices");
  $("devices").replaceChildren(...list.map((d) => el("li", { class: d.revoked ? "revoked" : null },
    el("span", {}, d.name), el("small", {}, d.revoked ? `${d.contributor} · revoked` : d.contributor),
    d.revoked ? null : el("button", { type: "button", class: "quiet", onclick: () => revoke(d) }, "Revoke"))));
  if (!list.length) $("devices").replaceChildren(el("li", { class: "revoked" }, "None yet"));
}

async function revoke(device) {
  if (!confirm(`Refuse ${device.name} from now on? What it sent stays here.`)) return;
  await ask(`/api/devices/${device.id}`, { method: "DELETE" });
  await devices();
}

export async function openPairing() {
  $("pair-state").textContent = "";
  const code = await ask("/api/pairing", { method: "POST" });
  squares(code);
  $("pair-code").textContent = code.code;
  $("pair-text").textContent = code.text;
  await devices();
  if (!$("pairing").open) $("pairing").showModal();
}

export function refreshPairing() {
  if (!$("pairing").open) return;
  $("pair-state").textContent = "A device was paired. For another one, ask for a new code.";
  devices().catch(() => {});
}

$("pairing-close").addEventListener("click", () => $("pairing").close());
