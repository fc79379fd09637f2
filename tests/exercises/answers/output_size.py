"""Answers to the exercise of chapter 4."""

# mypy: allow-untyped-defs, allow-incomplete-defs, no-check-untyped-defs

import math

from .kinds import Answers

SIZE = Answers("my_size")


@SIZE.is_right
def _(n, k, s, p, d):
    extent = d * (k - 1) + 1
    return max((n + 2 * p - extent) // s + 1, 0)


@SIZE.is_right
def _(n, k, s, p, d):
    count, start = 0, -p
    while start + d * (k - 1) <= n + p - 1:
        count += 1
        start += s
    return count


@SIZE.is_right
def _(n, k, s, p, d):
    return len(range(0, n + 2 * p - d * (k - 1), s))


@SIZE.is_right
def my_size(n, k, s, p, d):
    if p > 0:
        return my_size(n + 2 * p, k, s, 0, d)
    if n < d * (k - 1) + 1:
        return 0
    return 1 + my_size(n - s, k, s, 0, d)


@SIZE.is_right
def _(n, k, s, p, d):
    left_over = n + 2 * p - d * (k - 1) - 1
    if left_over < 0:
        return 0
    return math.floor(left_over / s + 1)


@SIZE.is_common("a negative number when no window fits")
def _(n, k, s, p, d):
    return (n + 2 * p - d * (k - 1) - 1) // s + 1


@SIZE.is_common("not rounded down")
def _(n, k, s, p, d):
    size = (n + 2 * p - d * (k - 1) - 1) / s + 1
    return max(size, 0)


@SIZE.is_common("the window spans d · k cells")
def _(n, k, s, p, d):
    return max(0, (n + 2 * p - d * k) // s + 1)


@SIZE.is_common("int() rounds a negative number up, and invents a window")
def _(n, k, s, p, d):
    size = int((n + 2 * p - d * (k - 1) - 1) / s) + 1
    if size < 0:
        return 0
    return size


@SIZE.is_common("the padding is counted once instead of on both sides")
def _(n, k, s, p, d):
    return max(0, (n + p - d * (k - 1) - 1) // s + 1)


@SIZE.is_rarer("the 1 at the end is forgotten")
def _(n, k, s, p, d):
    return max(0, (n + 2 * p - d * (k - 1) - 1) // s)


@SIZE.is_rarer("the 1 of the extent is forgotten")
def _(n, k, s, p, d):
    extent = d * (k - 1)
    return max(0, (n + 2 * p - extent) // s + 1)


@SIZE.is_rarer("the dilation is not used")
def _(n, k, s, p, d):
    if k > n + 2 * p:
        return 0
    return (n + 2 * p - k) // s + 1


@SIZE.is_rarer("dilation counted from 0, as the number of holes")
def _(n, k, s, p, d):
    extent = k + d * (k - 1)
    return max((n + 2 * p - extent) // s + 1, 0)


@SIZE.is_rarer("rounded up")
def _(n, k, s, p, d):
    return max(0, math.ceil((n + 2 * p - d * (k - 1) - 1) / s) + 1)


@SIZE.is_rarer("rounded to the nearest")
def _(n, k, s, p, d):
    return max(0, round((n + 2 * p - d * (k - 1) - 1) / s + 1))


@SIZE.is_rarer("0 if the kernel is longer than the image without its padding")
def _(n, k, s, p, d):
    extent = d * (k - 1) + 1
    if extent > n:
        return 0
    return (n + 2 * p - extent) // s + 1


@SIZE.is_rarer("the 1 is added before dividing")
def _(n, k, s, p, d):
    return max(0, (n + 2 * p - d * (k - 1) - 1 + 1) // s)


@SIZE.is_rarer("an error when no window fits")
def _(n, k, s, p, d):
    extent = d * (k - 1) + 1
    if extent > n + 2 * p:
        raise ValueError("no window fits")
    return (n + 2 * p - extent) // s + 1


RECEPTIVE_FIELD = Answers("my_field")


@RECEPTIVE_FIELD.is_right
def _(layers):
    r = j = 1
    for k, s, d in layers:
        r += d * (k - 1) * j
        j *= s
    return r


@RECEPTIVE_FIELD.is_right
def _(layers):
    size = 1
    for kernel, stride, dilation in reversed(layers):
        size = (size - 1) * stride + dilation * (kernel - 1) + 1
    return size


@RECEPTIVE_FIELD.is_right
def my_field(layers):
    if not layers:
        return 1
    (k, s, d), *rest = layers
    return (my_field(rest) - 1) * s + d * (k - 1) + 1


@RECEPTIVE_FIELD.is_right
def _(layers):
    cells = {0}
    for k, s, d in layers[::-1]:
        cells = {s * cell + d * i for cell in cells for i in range(k)}
    return max(cells) - min(cells) + 1


@RECEPTIVE_FIELD.is_right
def _(layers):
    strides = [s for _, s, _ in layers]
    return 1 + sum(d * (k - 1) * math.prod(strides[:i]) for i, (k, _, d) in enumerate(layers))


@RECEPTIVE_FIELD.is_common("a layer's own stride is applied to its kernel")
def _(layers):
    r, j = 1, 1
    for k, s, d in layers:
        j *= s
        r += d * (k - 1) * j
    return r


@RECEPTIVE_FIELD.is_common("strides are not used")
def _(layers):
    r = 1
    for k, _s, d in layers:
        r += d * (k - 1)
    return r


@RECEPTIVE_FIELD.is_common("the rule for going backwards, but applied from the first layer on")
def _(layers):
    r = 1
    for k, s, d in layers:
        r = (r - 1) * s + d * (k - 1) + 1
    return r


@RECEPTIVE_FIELD.is_common("only the stride of the layer before counts")
def _(layers):
    r, j = 1, 1
    for k, s, d in layers:
        r = r + d * (k - 1) * j
        j = s
    return r


@RECEPTIVE_FIELD.is_common("the kernel is not shortened by 1")
def _(layers):
    r, j = 1, 1
    for k, s, d in layers:
        r += d * k * j
        j *= s
    return r


@RECEPTIVE_FIELD.is_rarer("the dilation is not used")
def _(layers):
    r, j = 1, 1
    for k, s, _d in layers:
        r += (k - 1) * j
        j *= s
    return r


@RECEPTIVE_FIELD.is_rarer("begins with 0 pixels")
def _(layers):
    r, j = 0, 1
    for k, s, d in layers:
        r += d * (k - 1) * j
        j *= s
    return r


@RECEPTIVE_FIELD.is_rarer("the strides are added up instead of multiplied")
def _(layers):
    r, j = 1, 1
    for k, s, d in layers:
        r += d * (k - 1) * j
        j += s
    return r


@RECEPTIVE_FIELD.is_rarer("the sizes after all layers, not only the last")
def _(layers):
    sizes, r, j = [], 1, 1
    for k, s, d in layers:
        r += d * (k - 1) * j
        j *= s
        sizes.append(r)
    return sizes


@RECEPTIVE_FIELD.is_rarer("dilation and stride are unpacked in the wrong order")
def _(layers):
    r, j = 1, 1
    for k, d, s in layers:
        r += d * (k - 1) * j
        j *= s
    return r


@RECEPTIVE_FIELD.is_rarer("the extents are added up, strides and overlap left out")
def _(layers):
    return sum(d * (k - 1) + 1 for k, s, d in layers)


@RECEPTIVE_FIELD.is_rarer("the dilation enlarges the jump as well")
def _(layers):
    r, j = 1, 1
    for k, s, d in layers:
        r += d * (k - 1) * j
        j *= s * d
    return r


@RECEPTIVE_FIELD.is_rarer("returns from inside the loop, after the first layer")
def _(layers):
    r, j = 1, 1
    for k, s, d in layers:
        r += d * (k - 1) * j
        j *= s
        return r


SAME_PADDING = Answers("my_same")


@SAME_PADDING.is_right
def _(n, k, s, d):
    total = max(0, (math.ceil(n / s) - 1) * s + d * (k - 1) + 1 - n)
    return total // 2, total - total // 2


@SAME_PADDING.is_right
def _(n, k, s, d):
    extent = d * (k - 1) + 1
    rest = n % s
    total = extent - s if rest == 0 else extent - rest
    before, odd = divmod(max(total, 0), 2)
    return [before, before + odd]


@SAME_PADDING.is_right
def _(n, k, s, d):
    wanted = len(range(0, n, s))
    before = after = 0
    while (n + before + after - d * (k - 1) - 1) // s + 1 < wanted:
        if before == after:
            after += 1
        else:
            before += 1
    return before, after


@SAME_PADDING.is_right
def _(n, k, s, d):
    total = (-(-n // s) - 1) * s + d * (k - 1) + 1 - n
    return max(0, total // 2), max(0, (total + 1) // 2)


@SAME_PADDING.is_common("negative when nothing is missing")
def _(n, k, s, d):
    out = -(-n // s)
    total = (out - 1) * s + d * (k - 1) + 1 - n
    return total // 2, total - total // 2


@SAME_PADDING.is_common("the stride is not used: the rule for stride 1")
def _(n, k, s, d):
    total = d * (k - 1)
    return total // 2, total - total // 2


@SAME_PADDING.is_common("the extra zero comes before")
def _(n, k, s, d):
    total = max(0, (math.ceil(n / s) - 1) * s + d * (k - 1) + 1 - n)
    return total - total // 2, total // 2


@SAME_PADDING.is_common("the output size is rounded down")
def _(n, k, s, d):
    total = max(0, (n // s - 1) * s + d * (k - 1) + 1 - n)
    return total // 2, total - total // 2


@SAME_PADDING.is_common("the same number on both sides, so that the odd zero is lost")
def _(n, k, s, d):
    total = max(0, (-(-n // s) - 1) * s + d * (k - 1) + 1 - n)
    return total // 2, total // 2


@SAME_PADDING.is_rarer("the dilation is not used")
def _(n, k, s, d):
    total = max(0, (-(-n // s) - 1) * s + k - n)
    return total // 2, total - total // 2


@SAME_PADDING.is_rarer("half zeros: the total is divided by 2 and not rounded")
def _(n, k, s, d):
    total = max(0, (math.ceil(n / s) - 1) * s + d * (k - 1) + 1 - n)
    return total / 2, total / 2


@SAME_PADDING.is_rarer("the total, not split")
def _(n, k, s, d):
    return max(0, (math.ceil(n / s) - 1) * s + d * (k - 1) + 1 - n)


@SAME_PADDING.is_rarer("the size is kept whatever the stride")
def _(n, k, s, d):
    total = max(0, (n - 1) * s + d * (k - 1) + 1 - n)
    return total // 2, total - total // 2


@SAME_PADDING.is_rarer("the sign of a negative total is dropped")
def _(n, k, s, d):
    total = abs((-(-n // s) - 1) * s + d * (k - 1) + 1 - n)
    return total // 2, total - total // 2


@SAME_PADDING.is_rarer("PyTorch's padding, (k − 1) / 2 on each side")
def _(n, k, s, d):
    p = d * (k - 1) // 2
    return p, p


@SAME_PADDING.is_rarer("the window spans d · k cells")
def _(n, k, s, d):
    total = max(0, (math.ceil(n / s) - 1) * s + d * k - n)
    return total // 2, total - total // 2


@SAME_PADDING.is_rarer("all zeros after the last cell")
def _(n, k, s, d):
    return 0, max(0, (-(-n // s) - 1) * s + d * (k - 1) + 1 - n)


ANSWERS = {
    "output_size.size": SIZE,
    "output_size.receptive_field": RECEPTIVE_FIELD,
    "output_size.same_padding": SAME_PADDING,
}
