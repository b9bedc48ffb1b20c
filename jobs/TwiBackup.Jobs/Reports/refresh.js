(() => {
  'use strict';
  const every = 10000;

  // Where the reader is: what has the keyboard, else the first thing with a name in view, and how far below the edge it stands.
  function place() {
    const active = document.activeElement && document.activeElement.closest('section, details');
    const things = [...(active ? [active] : []), ...document.querySelectorAll('section, details, h2[id], [data-part]')];
    const boxes = things.map(thing => ({ id: thing.id, box: thing.getBoundingClientRect() }));
    const first = boxes.find(({ box }) => box.height > 0 && box.top >= 0 && box.top < innerHeight) || boxes.find(({ box }) => box.top < 0 && box.bottom > 0);
    return first ? { id: first.id, top: first.box.top } : null;
  }

  // A page of another kind has other parts, as one that could not read the store has none.
  const parts = page => [...page.querySelectorAll('[data-part]')].map(part => part.id).join();

  function focused(part) {
    const active = document.activeElement;
    if (!active || !part.contains(active)) return null;
    const details = active.closest('details');
    return details && active.tagName === 'SUMMARY' ? details.id : null;
  }

  function renew(part, fresh) {
    for (const details of part.querySelectorAll('details[open]')) {
      const same = details.id && fresh.querySelector('#' + CSS.escape(details.id));
      if (same) same.open = true;
    }
    if (fresh.isEqualNode(part)) return;
    const selection = getSelection();
    if (selection && !selection.isCollapsed && selection.intersectsNode(part)) return;
    const focus = focused(part);
    part.replaceWith(fresh);
    const again = focus && document.getElementById(focus);
    if (again) again.querySelector('summary').focus({ preventScroll: true });
  }

  async function refresh() {
    if (document.hidden) return;
    const live = document.getElementById('live');
    try {
      const answer = await fetch(location.pathname, { cache: 'no-store' });
      if (!answer.ok) throw new Error(answer.status);
      const next = new DOMParser().parseFromString(await answer.text(), 'text/html');
      if (parts(next) !== parts(document)) {
        location.reload();
        return;
      }
      const before = place();
      for (const part of document.querySelectorAll('[data-part]'))
        renew(part, document.importNode(next.getElementById(part.id), true));
      document.title = next.title;
      document.getElementById('icon').href = next.getElementById('icon').href;
      const after = before && document.getElementById(before.id);
      if (after) scrollBy(0, after.getBoundingClientRect().top - before.top);
      live.textContent = 'This page renews itself every ten seconds.';
    } catch {
      live.textContent = 'twibackup serve does not answer: this page is as of the time at its top.';
    }
  }

  setInterval(refresh, every);
  document.addEventListener('visibilitychange', refresh);
})();
