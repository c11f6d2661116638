// Improves pages that work without it: NHS.UK components, where the focus goes, one submit a form, drafts that save themselves.
// The build puts NHS.UK frontend's own module in front, which is where initAll and its kind come from.

/* global initAll */

const live = document.getElementById("live");

/** Say something to a screen reader without moving the focus. */
function announce(text) {
  live.textContent = "";
  window.setTimeout(() => { live.textContent = text; }, 100);
}

/** Forms with data-guard are sent once; the page coming back from the browser's memory may send again. */
function guard(event) {
  const form = event.target;
  if (!form.matches("form[data-guard]") || event.defaultPrevented) return;
  if (form.dataset.sent) event.preventDefault();
  else form.dataset.sent = "1";
}

/** Wakes NHS.UK's components, without the two things in them that fail WCAG 2.2 checks. */
function wake(scope) {
  // Its drop zone names its button otherwise than it looks (2.5.3): the browser's own control stays.
  scope.querySelectorAll("[data-module=nhsuk-file-upload]").forEach((upload) => upload.removeAttribute("data-module"));
  initAll({ scope });
  collapse();
}

/** A radio may not say aria-expanded (4.1.2); NHS.UK sets it at each click. */
function collapse() {
  document.querySelectorAll("[type=radio][aria-expanded]").forEach((radio) => radio.removeAttribute("aria-expanded"));
}

/** After a swap: components wake up; a changed heading or an error takes the focus; a count is read out. */
function settled(event) {
  const part = event.detail.elt;
  wake(part.parentElement || document);
  const error = part.querySelector(".nhsuk-error-summary, [role=alert]");
  const heading = error || part.querySelector("[data-focus]");
  if (heading) {
    heading.setAttribute("tabindex", "-1");
    heading.focus();
  }
  const count = part.matches("[data-announce]") ? part : part.querySelector("[data-announce]");
  if (count) announce(count.textContent.trim());
}

/** Forms with data-autosave send what stands in them every 20 seconds while it changes, and say so in their own words. */
function autosave(form) {
  const status = form.querySelector("[data-autosave-status]");
  let last = new URLSearchParams(new FormData(form)).toString();
  window.setInterval(async () => {
    const now = new URLSearchParams(new FormData(form)).toString();
    if (now === last || form.dataset.sent) return;
    try {
      const answer = await fetch(form.dataset.autosave || form.action, {
        method: "POST", body: now, credentials: "same-origin",
        headers: { "Content-Type": "application/x-www-form-urlencoded", "HX-Request": "true", "X-Autosave": "1" },
      });
      if (!answer.ok) return;
      last = now;
      if (status) status.textContent = status.dataset.autosaveStatus;
    } catch { /* no network: the next turn tries again */ }
  }, 20000);
}

wake(document);
document.addEventListener("click", collapse);
document.addEventListener("submit", guard);
window.addEventListener("pageshow", () => {
  document.querySelectorAll("form[data-sent]").forEach((form) => delete form.dataset.sent);
  collapse(); // NHS.UK looks at every radio again when a page is shown
});
document.body.addEventListener("htmx:load", (event) => { if (event.detail.elt !== document.body) settled(event); });
document.body.addEventListener("htmx:sendError", () => announce(document.body.dataset.offline || "No connection. Try again."));
document.querySelectorAll("form[data-autosave]").forEach(autosave);
