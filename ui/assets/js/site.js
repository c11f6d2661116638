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
  if (part.id === "results" && part.getBoundingClientRect().top > window.innerHeight / 2) part.scrollIntoView(); // on a phone
}

/** A fresh token against forgery for a page that has been open since before somebody signed in again; null where nobody is. */
async function freshToken() {
  const answer = await fetch(window.location.href, { credentials: "same-origin" });
  if (answer.redirected || !answer.ok) return null;
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  return page.querySelector("[name=csrfmiddlewaretoken]")?.value ?? null;
}

/**
 * Forms with data-autosave keep what stands in them on the server: as a field is left, every 20 seconds while somebody
 * writes, as the page is hidden or closed, and before they are sent. Where that does not reach the server, or nobody is
 * signed in any more, the page stays, the words stay in it, and the status line says so.
 */
function autosave(form) {
  const status = form.querySelector("[data-autosave-status]");
  const typed = () => new URLSearchParams(new FormData(form)).toString();
  const post = (options) => fetch(form.dataset.autosave, {
    method: "POST", body: typed(), credentials: "same-origin",
    headers: { "Content-Type": "application/x-www-form-urlencoded", "X-Autosave": "1" },
    signal: AbortSignal.timeout(15000), ...options,
  });
  let kept = typed();
  let last = Promise.resolve(true); // the save before

  /** Saves what stands there now. Resolves to whether the server has seen it (it may still have refused it). */
  async function save(options) {
    let sent = typed();
    if (sent === kept) return true;
    try {
      let answer = await post(options);
      if (answer.redirected || answer.status === 403) {
        const token = await freshToken();
        if (token === null) {
          status.textContent = status.dataset.signedOut;
          return false;
        }
        form.elements.csrfmiddlewaretoken.value = token;
        sent = typed();
        answer = await post(options);
      }
      if (answer.ok) kept = sent; // not what was typed while the answer was on its way
      if (answer.headers.get("Content-Type")?.startsWith("text/plain")) status.textContent = await answer.text();
      return true;
    } catch {
      status.textContent = status.dataset.offline;
      return false;
    }
  }

  /** Saves after the one before has been answered, so that an older text never replaces a newer one. */
  const keep = () => (last = last.then(() => save()));

  form.addEventListener("change", keep);
  window.setInterval(keep, 20000);
  document.addEventListener("visibilitychange", () => { if (document.hidden) save({ keepalive: true }); }); // there is no later
  form.addEventListener("submit", async (event) => {
    if (form.dataset.keeping) return;
    event.preventDefault();
    form.dataset.keeping = "1"; // until the next page is there
    const { submitter } = event;
    // A form that is being sent ignores a request to send it, so that comes in a task of its own.
    if (await keep()) window.setTimeout(() => form.requestSubmit(submitter));
    else delete form.dataset.keeping;
  });
}

wake(document);
document.addEventListener("click", collapse);
document.addEventListener("submit", guard);
window.addEventListener("pageshow", () => {
  document.querySelectorAll("form[data-sent], form[data-keeping]").forEach((form) => {
    delete form.dataset.sent;
    delete form.dataset.keeping;
  });
  collapse(); // NHS.UK looks at every radio again when a page is shown
});
document.body.addEventListener("htmx:load", (event) => { if (event.detail.elt !== document.body) settled(event); });
document.body.addEventListener("htmx:sendError", () => announce(document.body.dataset.offline || "No connection. Try again."));
document.querySelectorAll("form[data-autosave]").forEach(autosave);
