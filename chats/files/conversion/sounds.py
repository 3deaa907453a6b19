"""Converts audio to the two forms that phones play: voice notes and M4A."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain
from pathlib import Path

import av
from av.audio.frame import AudioFrame
from av.audio.resampler import AudioResampler
from av.container import InputContainer

from chats.files.conversion.containers import opened
from chats.files.conversion.reasons import CannotConvertError

_OPUS_RATE, _OPUS_FRAME = 48_000, 960
_VOICE_BITS, _MONO_BITS, _STEREO_BITS = 32_000, 96_000, 160_000
_AAC_RATES = (48_000, 44_100, 32_000, 24_000, 22_050, 16_000, 12_000, 11_025, 8_000)


def write_voice(source: Path, mime: str, target: Path) -> None:
    """Writes Ogg with one channel of Opus at 48 kHz."""
    with opened(source, mime) as read, av.open(str(target), "w", "ogg") as made:
        resampler = AudioResampler("s16", "mono", _OPUS_RATE, _OPUS_FRAME)
        stream = made.add_stream("libopus", rate=_OPUS_RATE, layout="mono")
        stream.bit_rate = _VOICE_BITS
        stream.options = {"application": "voip"}
        for frame in _resampled(read, resampler):
            made.mux(stream.encode(frame))
        made.mux(stream.encode(None))


def write_m4a(source: Path, mime: str, target: Path) -> None:
    """Writes AAC in an MP4 container, with one or two channels."""
    with opened(source, mime) as read, av.open(str(target), "w", "ipod") as made:
        context = _sound(read).codec_context
        layout = "mono" if context.channels == 1 else "stereo"
        rate = min(_AAC_RATES, key=lambda known: abs(known - context.sample_rate))
        resampler = AudioResampler("fltp", layout, rate, 1024)
        stream = made.add_stream("aac", rate=rate, layout=layout)
        stream.bit_rate = _MONO_BITS if layout == "mono" else _STEREO_BITS
        for frame in _resampled(read, resampler):
            made.mux(stream.encode(frame))
        made.mux(stream.encode(None))


def _sound(container: InputContainer) -> av.AudioStream:
    if not container.streams.audio:
        raise CannotConvertError("empty")
    stream = container.streams.audio[0]
    stream.codec_context.thread_count = 1
    return stream


def _resampled(
    container: InputContainer, resampler: AudioResampler
) -> Iterator[AudioFrame]:
    """Yields the sound in contiguous frames, whatever timestamps it has."""
    at = 0
    for decoded in chain(_decoded(container), [None]):
        if decoded is not None:
            decoded.pts = None
        for frame in resampler.resample(decoded):
            frame.pts = at
            at += frame.samples
            yield frame
    if not at:
        raise CannotConvertError("empty")


def _decoded(container: InputContainer) -> Iterator[AudioFrame]:
    """Yields frames until the file ends early, as recordings of a closed tab do."""
    stream = _sound(container)
    try:
        yield from container.decode(stream)
    except (av.error.EOFError, av.error.InvalidDataError):
        return
