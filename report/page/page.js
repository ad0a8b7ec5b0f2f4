'use strict';
(function () {
  var form = document.getElementById('filter'), list = document.getElementById('cards');
  var count = document.getElementById('count');

  // offerCopies puts a button beside each command that is to be seen.
  function offerCopies(root) {
    root.querySelectorAll('.cmd:not([data-b])').forEach(function (command) {
      command.dataset.b = '1';
      var button = document.createElement('button');
      button.type = 'button';
      button.textContent = 'Copy';
      button.setAttribute('aria-label', 'Copy the command ' + command.textContent);
      command.after(' ', button);
    });
  }

  function selectText(node) {
    var range = document.createRange();
    range.selectNodeContents(node);
    getSelection().removeAllRanges();
    getSelection().addRange(range);
  }

  document.addEventListener('click', function (event) {
    if (event.target.tagName !== 'BUTTON') return;
    var button = event.target, command = button.previousElementSibling;
    var say = function (word) {
      button.textContent = word;
      setTimeout(function () { button.textContent = 'Copy'; }, 1500);
    };
    if (!navigator.clipboard) {
      selectText(command);
      return say('Selected');
    }
    navigator.clipboard.writeText(command.textContent).then(function () { say('Copied'); }, function () {
      selectText(command);
      say('Selected');
    });
  });
  document.addEventListener('toggle', function (event) {
    if (event.target.open) offerCopies(event.target);
  }, true);
  document.querySelectorAll('details[open]').forEach(offerCopies);

  // A link to a key opens its card.
  function openNamed() {
    var card = location.hash.length > 1 && document.getElementById(location.hash.slice(1));
    var details = card && card.querySelector('details');
    if (details) details.open = true;
  }
  addEventListener('hashchange', openNamed);
  openNamed();

  if (!form) return;
  var cards = Array.prototype.slice.call(list.children), texts = [], order = '';

  function has(numbers, wanted) {
    return (' ' + numbers + ' ').indexOf(' ' + wanted + ' ') >= 0;
  }

  function fits(card, i, want) {
    var data = card.dataset;
    if (want.s && data.s !== want.s || want.e && data.e !== want.e || want.p && data.p !== want.p) return false;
    if (want.a && !has(data.a, want.a) || want.r && !has(data.r, want.r)) return false;
    if (!want.text) return true;
    if (texts[i] === undefined) texts[i] = card.textContent.toLowerCase();
    return texts[i].indexOf(want.text) >= 0;
  }

  function compare(a, b) {
    if (order === 'n') return b.dataset.n - a.dataset.n;
    return (a.dataset.d || Infinity) - (b.dataset.d || Infinity);
  }

  function sort(wanted) {
    if (wanted === order) return;
    order = wanted;
    var sorted = document.createDocumentFragment();
    (order ? cards.slice().sort(compare) : cards).forEach(function (card) { sorted.append(card); });
    list.append(sorted);
  }

  function apply() {
    var want = { text: form.elements.text.value.trim().toLowerCase() }, shown = 0;
    ['s', 'e', 'p', 'a', 'r'].forEach(function (name) { want[name] = form.elements[name].value; });
    cards.forEach(function (card, i) {
      var fit = fits(card, i, want);
      if (card.hidden === fit) card.hidden = !fit;
      if (fit) shown++;
    });
    sort(form.elements.order.value);
    list.classList.toggle('many', shown > 500);
    count.textContent = shown + ' of ' + cards.length + ' keys';
  }

  var waiting;
  form.addEventListener('input', function () {
    clearTimeout(waiting);
    waiting = setTimeout(apply, 120);
  });
  form.addEventListener('submit', function (event) { event.preventDefault(); });
  form.hidden = false;
  apply();

  // Browsers that print closed cards closed are helped.
  var closed = [];
  addEventListener('beforeprint', function () {
    closed = cards.filter(function (card) { return !card.hidden && !card.firstElementChild.open; });
    closed.forEach(function (card) { card.firstElementChild.open = true; });
  });
  addEventListener('afterprint', function () {
    closed.forEach(function (card) { card.firstElementChild.open = false; });
  });
})();
