"""Answers to the exercise of chapter 2."""

# mypy: allow-untyped-defs, allow-incomplete-defs, no-check-untyped-defs
# ruff: noqa: B905

import struct

import numpy as np

from .kinds import Answers

PREPARE = Answers("my_prepare")


@PREPARE.is_right
def _(images, mean, std):
    return ((images / 255 - mean) / std).transpose(0, 3, 1, 2)


@PREPARE.is_right
def _(images, mean, std):
    x = np.moveaxis(images.astype(np.float32), -1, 1) / 255
    x -= np.asarray(mean, np.float32)[:, np.newaxis, np.newaxis]
    x /= np.asarray(std, np.float32)[:, np.newaxis, np.newaxis]
    return np.ascontiguousarray(x)


@PREPARE.is_right
def _(images, mean, std):
    n, h, w, c = images.shape
    result = np.empty((n, c, h, w))
    for k in range(c):
        channel = images[:, :, :, k].astype(float) / 255.0
        result[:, k] = (channel - mean[k]) / std[k]
    return result


@PREPARE.is_right
def _(images, mean, std):
    table = [[(v / 255 - m) / s for v in range(256)] for m, s in zip(mean, std)]
    return np.stack([np.array(table[c])[images[..., c]] for c in range(3)], axis=1)


@PREPARE.is_common("the division by 255 is forgotten")
def _(images, mean, std):
    x = images.transpose(0, 3, 1, 2).astype(np.float32)
    return (x - mean[:, None, None]) / std[:, None, None]


@PREPARE.is_common("reshape instead of transpose: the shape is right, the pixels are mixed")
def _(images, mean, std):
    n, h, w, c = images.shape
    x = images.reshape(n, c, h, w) / 255
    return (x - mean[:, None, None]) / std[:, None, None]


@PREPARE.is_common("the constants meet the columns instead of the channels")
def _(images, mean, std):
    x = images.transpose(0, 3, 1, 2) / 255
    return (x - mean) / std


@PREPARE.is_common("rows and columns are exchanged")
def _(images, mean, std):
    x = images.transpose(0, 3, 2, 1) / 255
    return (x - mean.reshape(3, 1, 1)) / std.reshape(3, 1, 1)


@PREPARE.is_common("the channels stay last")
def _(images, mean, std):
    return (images.astype(np.float32) / 255 - mean) / std


@PREPARE.is_rarer("the mean and deviation of the images themselves are used, not those given")
def _(images, mean, std):
    x = images.transpose(0, 3, 1, 2) / 255
    mean = x.mean((0, 2, 3), keepdims=True)
    std = x.std((0, 2, 3), keepdims=True)
    return (x - mean) / std


@PREPARE.is_rarer("scaled to 0 … 1 after normalising instead of before")
def _(images, mean, std):
    x = (images - mean) / std / 255
    return x.transpose(0, 3, 1, 2)


@PREPARE.is_rarer("a bracket is missing, so that only the mean is divided")
def _(images, mean, std):
    x = images.transpose(0, 3, 1, 2) / 255
    return x - mean[:, None, None] / std[:, None, None]


@PREPARE.is_rarer("divided by 256")
def _(images, mean, std):
    x = images.transpose(0, 3, 1, 2) / 256
    return (x - mean[:, None, None]) / std[:, None, None]


@PREPARE.is_rarer("divided by the variance")
def _(images, mean, std):
    x = images.transpose(0, 3, 1, 2) / 255
    return (x - mean[:, None, None]) / std[:, None, None] ** 2


@PREPARE.is_rarer("the constants of the first channel are used for all three")
def _(images, mean, std):
    x = images.transpose(0, 3, 1, 2) / 255
    return (x - mean[0]) / std[0]


@PREPARE.is_rarer("whole-number division")
def _(images, mean, std):
    x = images.transpose(0, 3, 1, 2) // 255
    return (x - mean[:, None, None]) / std[:, None, None]


@PREPARE.is_rarer("scaled by the largest number that occurs")
def _(images, mean, std):
    x = images.transpose(0, 3, 1, 2) / images.max()
    return (x - mean[:, None, None]) / std[:, None, None]


@PREPARE.is_rarer("the channels are reversed, blue first")
def _(images, mean, std):
    x = images[:, :, :, ::-1].transpose(0, 3, 1, 2) / 255
    return (x - mean[:, None, None]) / std[:, None, None]


@PREPARE.is_rarer("only the first image is prepared")
def _(images, mean, std):
    x = images[0].transpose(2, 0, 1) / 255
    return ((x - mean[:, None, None]) / std[:, None, None])[None]


@PREPARE.is_rarer("the result is cut back to bytes")
def _(images, mean, std):
    x = images.transpose(0, 3, 1, 2) / 255
    return ((x - mean[:, None, None]) / std[:, None, None]).astype(int)


IDX_SIZES = Answers("my_sizes")


@IDX_SIZES.is_right
def _(header):
    count = int(header[3])
    starts = range(4, 4 + 4 * count, 4)
    return tuple(int.from_bytes(header[i : i + 4].tobytes(), "big") for i in starts)


@IDX_SIZES.is_right
def _(header):
    sizes = []
    for axis in range(header[3]):
        size = 0
        for byte in header[4 + 4 * axis : 8 + 4 * axis]:
            size = 256 * size + int(byte)
        sizes.append(size)
    return tuple(sizes)


@IDX_SIZES.is_right
def _(header):
    return struct.unpack_from(f">{header[3]}I", bytes(header), 4)


@IDX_SIZES.is_right
def _(header):
    rows = header[4 : 4 + 4 * int(header[3])].reshape(-1, 4).astype(np.int64)
    return tuple(rows @ [1 << 24, 1 << 16, 1 << 8, 1])


@IDX_SIZES.is_right
def _(header):
    data = header.tobytes()
    return tuple(np.frombuffer(data, ">u4", count=data[3], offset=4).tolist())


@IDX_SIZES.is_common("bytes are multiplied as uint8, which do not hold the product")
def _(header):
    sizes = []
    for axis in range(header[3]):
        a, b, c, d = header[4 + 4 * axis : 8 + 4 * axis]
        sizes.append(a * 256**3 + b * 256**2 + c * 256 + d)
    return tuple(sizes)


@IDX_SIZES.is_common("always three sizes")
def _(header):
    return tuple(int.from_bytes(header[i : i + 4].tobytes(), "big") for i in (4, 8, 12))


@IDX_SIZES.is_common("read from the wrong end, the lowest byte first")
def _(header):
    n = int(header[3])
    return tuple(header[4 : 4 + 4 * n].copy().view(np.uint32).tolist())


@IDX_SIZES.is_common("bytes are shifted as uint8, so that all but the last are lost")
def _(header):
    sizes = []
    for i in range(4, 4 + 4 * int(header[3]), 4):
        high, mid, low, last = header[i : i + 4]
        sizes.append(int((high << 24) | (mid << 16) | (low << 8) | last))
    return tuple(sizes)


@IDX_SIZES.is_common("reading begins at byte 3 instead of 4")
def _(header):
    n = int(header[3])
    return tuple(int.from_bytes(bytes(header[3 + 4 * i : 7 + 4 * i]), "big") for i in range(n))


@IDX_SIZES.is_rarer("reading goes on into the pixels")
def _(header):
    end = len(header) // 4 * 4
    return tuple(int(v) for v in np.frombuffer(header[4:end].tobytes(), dtype=">u4"))


@IDX_SIZES.is_rarer("only the two lower bytes of each size are read")
def _(header):
    places = range(4, 4 + 4 * int(header[3]), 4)
    return tuple(int(header[i + 2]) * 256 + int(header[i + 3]) for i in places)


@IDX_SIZES.is_rarer("the number of axes is read from byte 2, the type")
def _(header):
    return tuple(int.from_bytes(bytes(header[4 + 4 * i :][:4]), "big") for i in range(header[2]))


@IDX_SIZES.is_rarer("a byte counts 255 instead of 256")
def _(header):
    sizes = []
    for i in range(4, 4 + 4 * int(header[3]), 4):
        size = 0
        for j in range(4):
            size = size * 255 + int(header[i + j])
        sizes.append(size)
    return tuple(sizes)


@IDX_SIZES.is_rarer("the last axis is left out")
def _(header):
    sizes = []
    for i in range(1, header[3]):
        sizes.append(int.from_bytes(bytes(header[4 * i : 4 * i + 4]), "big"))
    return tuple(sizes)


@IDX_SIZES.is_rarer("converted to int16, in which 234 · 256 does not fit either")
def _(header):
    h = header[4 : 4 + 4 * int(header[3])].reshape(-1, 4).astype(np.int16)
    return tuple(int(v) for v in h[:, 2] * np.int16(256) + h[:, 3])


@IDX_SIZES.is_rarer("the sizes come in reverse order")
def _(header):
    n = int(header[3])
    sizes = [int.from_bytes(bytes(header[4 + 4 * i : 8 + 4 * i]), "big") for i in range(n)]
    return tuple(sizes[::-1])


@IDX_SIZES.is_rarer("the product of the sizes instead of the sizes")
def _(header):
    total = 1
    for i in range(4, 4 + 4 * int(header[3]), 4):
        total *= int.from_bytes(bytes(header[i : i + 4]), "big")
    return (total,)


CENTRE_OF_MASS = Answers("my_centre")


@CENTRE_OF_MASS.is_right
def _(image):
    h, w = image.shape
    total = image.sum()
    row = (image.sum(axis=1) * np.arange(h)).sum() / total
    column = (image.sum(axis=0) * np.arange(w)).sum() / total
    return row, column


@CENTRE_OF_MASS.is_right
def _(image):
    total = down = across = 0.0
    for h in range(image.shape[0]):
        for w in range(image.shape[1]):
            x = float(image[h, w])
            total += x
            down += h * x
            across += w * x
    return down / total, across / total


@CENTRE_OF_MASS.is_right
def _(image):
    places = np.indices(image.shape).reshape(2, -1)
    return tuple(np.average(places, axis=1, weights=image.ravel()).tolist())


@CENTRE_OF_MASS.is_right
def _(image):
    share = np.asarray(image, np.float32) / np.sum(image, dtype=np.float32)
    height, width = share.shape
    row = np.einsum("hw,h->", share, np.arange(height, dtype=np.float32))
    column = np.einsum("hw,w->", share, np.arange(width, dtype=np.float32))
    return float(row), float(column)


@CENTRE_OF_MASS.is_common("column first, then row")
def _(image):
    y, x = np.indices(image.shape)
    return (x * image).sum() / image.sum(), (y * image).sum() / image.sum()


@CENTRE_OF_MASS.is_common("the mean of the inked places, whatever their ink")
def _(image):
    rows, columns = np.nonzero(image)
    return rows.mean(), columns.mean()


@CENTRE_OF_MASS.is_common("the axes of the sums are exchanged; only square images work, swapped")
def _(image):
    h, w = image.shape
    row = (image.sum(0) * np.arange(h)).sum() / image.sum()
    column = (image.sum(1) * np.arange(w)).sum() / image.sum()
    return row, column


@CENTRE_OF_MASS.is_common("divided by the number of pixels instead of by the ink")
def _(image):
    rows, columns = np.indices(image.shape)
    return (image * rows).mean(), (image * columns).mean()


@CENTRE_OF_MASS.is_common("not divided at all")
def _(image):
    rows = np.arange(image.shape[0])
    columns = np.arange(image.shape[1])
    return (image.sum(1) @ rows, image.sum(0) @ columns)


@CENTRE_OF_MASS.is_rarer("rows and columns are counted from 1")
def _(image):
    h, w = image.shape
    m = image.sum()
    return image.sum(1) @ np.arange(1, h + 1) / m, image.sum(0) @ np.arange(1, w + 1) / m


@CENTRE_OF_MASS.is_rarer("the brightest pixel")
def _(image):
    return np.unravel_index(np.argmax(image), image.shape)


@CENTRE_OF_MASS.is_rarer("the middle of the box around the ink")
def _(image):
    rows, columns = np.nonzero(image)
    return (rows.min() + rows.max()) / 2, (columns.min() + columns.max()) / 2


@CENTRE_OF_MASS.is_rarer("rounded down to a whole pixel")
def _(image):
    h, w = np.indices(image.shape)
    return (h * image).sum() // image.sum(), (w * image).sum() // image.sum()


@CENTRE_OF_MASS.is_rarer("measured from the middle of the image")
def _(image):
    h, w = image.shape
    rows, columns = np.arange(h) - (h - 1) / 2, np.arange(w) - (w - 1) / 2
    return image.sum(1) @ rows / image.sum(), image.sum(0) @ columns / image.sum()


@CENTRE_OF_MASS.is_rarer("the loop over columns ends at the number of rows")
def _(image):
    n = len(image)
    total = row = column = 0
    for h in range(n):
        for w in range(n):
            total += image[h, w].item()
            row += h * image[h, w].item()
            column += w * image[h, w].item()
    return row / total, column / total


@CENTRE_OF_MASS.is_rarer("28 pixels are taken for granted")
def _(image):
    places = np.arange(28)
    return image.sum(1) @ places / image.sum(), image.sum(0) @ places / image.sum()


@CENTRE_OF_MASS.is_rarer("the sums are made in uint8")
def _(image):
    total, row, col = 0, 0, 0
    for i in range(image.shape[0]):
        for j in range(image.shape[1]):
            total += image[i, j]
            row += i * image[i, j]
            col += j * image[i, j]
    return row / total, col / total


ANSWERS = {
    "input_layer.prepare": PREPARE,
    "input_layer.idx_sizes": IDX_SIZES,
    "input_layer.centre_of_mass": CENTRE_OF_MASS,
}
