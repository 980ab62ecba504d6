/// How pages look: one column of text, quiet tables, the colours of plots, in light and in dark.
let styleSheet: StaticString = """
  :root {
    color-scheme: light dark;
    --surface: #fcfcfb; --ink: #1d2126; --soft: #5b626c; --line: #dfe2e6; --panel: #f3f4f5;
    --embeddings: #3567ad; --attention: #b0561a; --feed-forward: #26785f; --pooler: #7d5aa6;
    --head: #ab4470; --buffers: #6f7680; --unmapped: #87701a; --container: #9aa1ab;
  }
  @media (prefers-color-scheme: dark) {
    :root {
      --surface: #15181c; --ink: #e6e8eb; --soft: #a2a9b3; --line: #31363d; --panel: #1d2126;
      --embeddings: #4a7fc9; --attention: #c4692a; --feed-forward: #33927a; --pooler: #9372bd;
      --head: #c05c87; --buffers: #7d858f; --unmapped: #9d8530; --container: #6a727c;
    }
  }
  * { box-sizing: border-box; }
  body {
    margin: 0; background: var(--surface); color: var(--ink);
    font: 15px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif;
  }
  main { max-width: 60rem; margin: 0 auto; padding: 2.5rem 1.25rem 4rem; }
  h1 { font-size: 1.4rem; line-height: 1.25; font-weight: 600; margin: 0 0 .4rem; overflow-wrap: anywhere; }
  h2 { font-size: 1.05rem; font-weight: 600; margin: 2.5rem 0 .6rem; overflow-wrap: anywhere; }
  h2.subject { font-size: 1.2rem; margin-top: 3.5rem; }
  .facts { color: var(--soft); margin: 0; }
  .facts + .scroll { margin-top: 1.5rem; }
  .facts span { display: block; overflow-wrap: anywhere; }
  .scroll { overflow-x: auto; margin: 0 0 1rem; }
  .scroll:focus-visible, summary:focus-visible { outline: 2px solid var(--embeddings); outline-offset: 2px; }
  table { border-collapse: collapse; width: 100%; font-size: .9rem; font-variant-numeric: tabular-nums; }
  th, td { padding: .3rem .55rem; text-align: left; white-space: nowrap; border-bottom: 1px solid var(--line); }
  th:first-child, td:first-child { padding-left: 0; }
  th:last-child, td:last-child { padding-right: 0; }
  .right { text-align: right; }
  th { font-weight: 400; }
  thead th { color: var(--soft); font-size: .85rem; vertical-align: bottom; }
  tbody tr:last-child > * { border-bottom: 0; }
  details { margin: 2rem 0 0; border-top: 1px solid var(--line); padding-top: .75rem; }
  tbody th { position: sticky; left: 0; background: var(--surface); white-space: normal; overflow-wrap: anywhere; min-width: 7.5rem; }
  details table { font-size: .82rem; }
  summary { cursor: pointer; color: var(--soft); margin-bottom: .5rem; }
  pre { background: var(--panel); padding: .9rem 1rem; border-radius: 6px; overflow-x: auto; font-size: .85rem; line-height: 1.45; margin: 0 0 1rem; }
  dl { color: var(--soft); font-size: .88rem; margin: 0; }
  dt { color: var(--ink); margin-top: .6rem; }
  dd { margin: 0; }
  .notes { color: var(--soft); padding-left: 1.1rem; }
  figure { margin: 2rem 0; }
  figcaption { color: var(--soft); font-size: .88rem; margin-bottom: .75rem; }
  figcaption b { color: var(--ink); font-weight: 600; display: block; font-size: .95rem; }
  svg { display: block; width: 100%; overflow: visible; }
  svg text { font: 12px system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif; fill: var(--soft); }
  svg .name { fill: var(--ink); font-size: 13px; }
  svg .label { fill: var(--ink); paint-order: stroke; stroke: var(--surface); stroke-width: 4px; stroke-linejoin: round; }
  svg .inside { fill: #fff; font-weight: 500; }
  svg .grid { stroke: var(--line); stroke-width: 1; }
  svg .leader { stroke: var(--soft); stroke-width: 1; }
  svg .part { stroke: var(--surface); stroke-width: 1; }
  svg .curve { stroke-width: 2; stroke-linecap: round; }
  svg svg { width: 81%; }
  svg .trace { fill: none; stroke-width: 2; stroke-linejoin: round; vector-effect: non-scaling-stroke; }
  svg .thin { stroke-width: 1; }
  svg .faint { stroke-width: 1; opacity: .5; }
  svg .mark { stroke: var(--surface); stroke-width: 1.5; }
  svg .ring { fill: var(--surface); stroke-width: 2; }
  svg .whisker { stroke-width: 2; opacity: .45; }
  .legend { list-style: none; display: flex; flex-wrap: wrap; gap: .25rem 1.1rem; margin: .6rem 0 0; padding: 0; font-size: .85rem; color: var(--soft); }
  .legend svg { display: inline-block; width: 12px; height: 12px; margin-right: .4rem; vertical-align: -1px; }
  .embeddings { fill: var(--embeddings); stroke: var(--embeddings); }
  .attention { fill: var(--attention); stroke: var(--attention); }
  .feed-forward { fill: var(--feed-forward); stroke: var(--feed-forward); }
  .pooler { fill: var(--pooler); stroke: var(--pooler); }
  .head { fill: var(--head); stroke: var(--head); }
  .buffers { fill: var(--buffers); stroke: var(--buffers); }
  .unmapped { fill: var(--unmapped); stroke: var(--unmapped); }
  .container { fill: var(--container); stroke: var(--container); }

  """
