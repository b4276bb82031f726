"""The two turns of an introspective update as a drawing: what is computed, and which way gradients go.

It is SVG in the page's own colours. In either turn one network moves; data and latents flow along thin arrows,
gradients against them along thick ones.
"""

GRADIENT = "#8a63d2"
"""Of no method, and seen on white as well as on black."""

STYLE = """
.turns { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(300px, 100%), 1fr)); gap: 1rem; }
.turns figure { margin: 0; } .turns figcaption { font-weight: 600; }
.turns svg { display: block; width: 100%; max-width: 30rem; }
.turns text { fill: currentColor; font: 13px sans-serif; text-anchor: middle; }
.turns .small { font-size: 12px; } .turns .loss { font-weight: 600; }
.turns rect { fill: none; stroke: currentColor; stroke-dasharray: 4 3; }
.turns rect.moves { fill: var(--gradient); fill-opacity: 0.22; stroke: var(--gradient); stroke-width: 2;
  stroke-dasharray: none; }
.turns path { fill: none; stroke: currentColor; stroke-width: 1.2; }
.turns path.gradient { stroke: var(--gradient); stroke-width: 3; } .turns path.stop { stroke-width: 3; }
"""

ENCODER = (
    "The encoder's turn. A real x is encoded and decoded to x-hat; a latent from the prior is decoded to x-tilde. Both "
    "fakes pass a stop-gradient and are encoded. Gradients of the reconstruction error and the KL of x, both to be "
    "lowered, and of the divergence of fakes, to be raised, reach the encoder. The stop-gradient keeps the last one "
    "from what made the fakes."
)
DECODER = (
    "The decoder's turn. The same fakes are encoded again by the encoder, which is held fixed. The gradient of their "
    "divergence, now to be lowered, passes through the encoder and through the fakes to the decoder. The gradient of "
    "the reconstruction error of x reaches the decoder as well."
)


def drawing() -> str:
    """Return both turns as HTML, side by side where there is room."""
    panels = _panel("The encoder’s turn", ENCODER, True) + _panel("The decoder’s turn", DECODER, False)
    return f'<div class="turns" style="--gradient: {GRADIENT}"><style>{STYLE}</style>{panels}</div>'


def _panel(title: str, description: str, encoder: bool) -> str:
    kind = "e" if encoder else "d"
    moves = "E" if encoder else "D"
    boxes = [("E", 66, 56), ("D", 176, 56), ("D", 176, 122), ("E", 226, 206)]
    flow = ["M30 56H48", "M84 56H106", "M134 56H158", "M194 56H222", "M134 122H158", "M194 122H222"]
    flow += ["M246 56H290V206H246", "M246 122H290", "M208 206H180"]
    if encoder:
        losses = [("L_r(x) ↓", 234, 22), ("KL(x) ↓", 120, 90), ("Δ(x̂), Δ(x̃) ↑", 92, 240)]
        gradients = ["M202 18H66V36", "M92 86H66V78", "M144 236H226V228"]
        stop = (
            '<path class="stop" d="M280 160H300M280 167H300"/><text class="small" x="234" y="168">stop-gradient</text>'
        )
    else:
        losses = [("L_r(x) ↓", 234, 22), ("Δ(x̂), Δ(x̃) ↓", 92, 240)]
        gradients = ["M202 18H176V36", "M144 236H306V90H176V80", "M306 152H176V146"]
        stop = '<text class="small" x="226" y="182">passes through E</text>'
    parts = [f'<path d="{d}" marker-end="url(#flow-{kind})"/>' for d in flow]
    parts += [f'<path class="gradient" d="{d}" marker-end="url(#gradient-{kind})"/>' for d in gradients]
    for name, x, y in boxes:
        style = ' class="moves"' if name == moves else ""
        parts.append(f'<rect{style} x="{x - 18}" y="{y - 18}" width="36" height="36" rx="5"/>')
        parts.append(f'<text x="{x}" y="{y + 5}">{name}</text>')
    labels = [
        ("x", 20, 61),
        ("z", 120, 61),
        ("x̂", 234, 61),
        ("z ~ p", 112, 127),
        ("x̃", 234, 127),
        ("q(z|x̂), q(z|x̃)", 122, 211),
    ]
    parts += [f'<text x="{x}" y="{y}">{text}</text>' for text, x, y in labels]
    parts += [f'<text class="loss" x="{x}" y="{y}">{text}</text>' for text, x, y in losses]
    caption = f"{title}: {moves} moves"
    return (
        f'<figure><figcaption>{caption}</figcaption><svg viewBox="0 0 320 255" role="img" aria-label="{description}">'
        f"<defs>{_marker('flow', kind, 'currentColor', 7)}{_marker('gradient', kind, 'var(--gradient)', 4)}</defs>"
        f"{''.join(parts)}{stop}</svg></figure>"
    )


def _marker(name: str, kind: str, colour: str, size: int) -> str:
    return (
        f'<marker id="{name}-{kind}" viewBox="0 0 10 10" refX="8" refY="5" markerWidth="{size}" markerHeight="{size}" '
        f'orient="auto"><path d="M0 0L10 5L0 10z" style="fill: {colour}; stroke: none"/></marker>'
    )
