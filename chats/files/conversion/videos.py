"""Converts videos to the form that every phone plays: MP4 of H.264 and AAC."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
from av.audio.frame import AudioFrame
from av.audio.resampler import AudioResampler
from av.container import InputContainer, OutputContainer
from av.video.frame import VideoFrame
from PIL import Image, ImageSequence

from chats.files.conversion import images
from chats.files.conversion.containers import opened
from chats.files.conversion.reasons import CannotConvertError

MOST_PIXELS = 4096 * 2304
_LONGEST_SIDE = 1280
_RATE = 30
_SOUND_RATE, _SOUND_BITS = 48_000, 96_000
_MILLISECOND = Fraction(1, 1000)
# In milliseconds: frames that follow sooner are dropped.
_SHORTEST_APART = 30
_FEWEST_BITS = 100_000
# Of an animated picture, in milliseconds: the default and the minimum duration of a
# frame, and the maximum of all frames.
_STANDS, _SHORTEST, _LONGEST_IN_ALL = 100, 20, 60_000


def fits(source: Path, mime: str) -> bool:
    """Returns whether the video is in that form already, whatever its container is."""
    with opened(source, mime) as read:
        return _is_playable(read)


def write_mp4(source: Path, mime: str, target: Path, largest: int | None) -> None:
    """Writes the video as MP4: its streams are copied if they fit, else transcoded."""
    with opened(source, mime) as read, _made(target) as made:
        if not read.streams.video:
            raise CannotConvertError("empty")
        if _is_playable(read):
            _copy(read, made)
        else:
            _transcode(source, mime, made, largest)


def write_animation(source: Path, target: Path) -> None:
    """Writes an animated GIF or WebP as MP4."""
    with images.opened(source) as image, _made(target) as made:
        size = _scaled(image.width, image.height)
        stream = _video_stream(made, size, None)
        at = 0
        for picture in ImageSequence.Iterator(image):
            even = images.on_white(picture).resize(size)
            frame = _frame(even)
            frame.pts, frame.time_base = at, _MILLISECOND
            made.mux(stream.encode(frame))
            at += max(_SHORTEST, int(picture.info.get("duration") or _STANDS))
            if at > _LONGEST_IN_ALL:
                break
        made.mux(stream.encode(None))


def _made(target: Path) -> OutputContainer:
    # With the index at the start, so that it plays while it is loaded.
    return av.open(str(target), "w", "mp4", options={"movflags": "faststart"})


def _is_playable(read: InputContainer) -> bool:
    if len(read.streams.video) != 1 or len(read.streams.audio) > 1:
        return False
    film = read.streams.video[0].codec_context
    is_film = film.name == "h264" and film.pix_fmt in ("yuv420p", "yuvj420p")
    sounds = [stream.codec_context.name for stream in read.streams.audio]
    return is_film and all(name == "aac" for name in sounds)


def _copy(read: InputContainer, made: OutputContainer) -> None:
    kept = [*read.streams.video, *read.streams.audio]
    copies = {stream.index: made.add_stream_from_template(stream) for stream in kept}
    for packet in read.demux(kept):
        # The last packet of each stream is empty.
        if packet.dts is not None:
            packet.stream = copies[packet.stream.index]
            made.mux(packet)


def _transcode(
    source: Path, mime: str, made: OutputContainer, largest: int | None
) -> None:
    with opened(source, mime) as read:
        turned, size = _shown_size(read)
        bits = _bits(read, largest)
    with opened(source, mime) as read:
        film, sounds = read.streams.video[0], read.streams.audio[:1]
        film.codec_context.thread_count = 1
        pictures = _Pictures(made, _video_stream(made, size, bits), turned)
        sound = _Sound(made) if sounds else None
        for frame in _decoded(read, [film, *sounds]):
            if isinstance(frame, VideoFrame):
                pictures.add(frame)
            elif sound is not None:
                sound.add(frame)
        pictures.end()
        if sound is not None:
            sound.end()


class _Pictures:
    """Encodes the video's frames, at most so many a second."""

    def __init__(
        self, made: OutputContainer, stream: av.VideoStream, turned: int
    ) -> None:
        self.made, self.stream, self.turned = made, stream, turned
        self.size = (stream.width, stream.height)
        self.last: int | None = None

    def add(self, frame: VideoFrame) -> None:
        at = round((frame.time or 0.0) / _MILLISECOND)
        if self.last is not None and at - self.last < _SHORTEST_APART:
            return
        self.last = at
        width, height = self.size if self.turned % 180 == 0 else self.size[::-1]
        picture = frame.reformat(width, height, "yuv420p")
        if self.turned:
            image = picture.to_image()  # type: ignore[no-untyped-call]
            image = image.rotate(self.turned, expand=True)
            picture = _frame(image)
        picture.pts, picture.time_base = at, _MILLISECOND
        self.made.mux(self.stream.encode(picture))

    def end(self) -> None:
        if self.last is None:
            raise CannotConvertError("empty")
        self.made.mux(self.stream.encode(None))


class _Sound:
    """Encodes the video's sound without gaps, from the time where it begins."""

    def __init__(self, made: OutputContainer) -> None:
        self.made = made
        self.stream = made.add_stream("aac", rate=_SOUND_RATE, layout="stereo")
        self.stream.bit_rate = _SOUND_BITS
        self.resampler = AudioResampler("fltp", "stereo", _SOUND_RATE, 1024)
        self.at: int | None = None

    def add(self, frame: AudioFrame) -> None:
        if self.at is None:
            self.at = max(0, round((frame.time or 0.0) * _SOUND_RATE))
        frame.pts = None
        self._encode(frame)

    def end(self) -> None:
        if self.at is not None:
            self._encode(None)
        self.made.mux(self.stream.encode(None))

    def _encode(self, frame: AudioFrame | None) -> None:
        for even in self.resampler.resample(frame):
            even.pts, even.time_base = self.at, Fraction(1, _SOUND_RATE)
            self.at = (self.at or 0) + even.samples
            self.made.mux(self.stream.encode(even))


def _shown_size(read: InputContainer) -> tuple[int, tuple[int, int]]:
    """Returns the rotation that makes the video upright, and its size then."""
    film = read.streams.video[0]
    if film.width * film.height > MOST_PIXELS:
        raise CannotConvertError("too_large")
    first = next(_decoded(read, [film]), None)
    if not isinstance(first, VideoFrame):
        raise CannotConvertError("empty")
    turned = round(first.rotation / 90) * 90
    sides = (first.width, first.height)
    size = _scaled(*(sides if turned % 180 == 0 else sides[::-1]))
    return turned, size


def _decoded(
    read: InputContainer, streams: list[Any]
) -> Iterator[VideoFrame | AudioFrame]:
    """Yields frames until the file ends early, as recordings of a closed tab do."""
    try:
        for frame in read.decode(streams):
            if isinstance(frame, VideoFrame | AudioFrame):
                yield frame
    except (av.error.EOFError, av.error.InvalidDataError):
        return


def _video_stream(
    made: OutputContainer, size: tuple[int, int], bits: int | None
) -> av.VideoStream:
    stream = made.add_stream("libx264", rate=_RATE)
    stream.width, stream.height = size
    stream.pix_fmt = "yuv420p"
    stream.codec_context.time_base = _MILLISECOND
    stream.codec_context.thread_count = 1
    stream.options = {"preset": "veryfast", "crf": "26"}
    if bits is not None:
        stream.options |= {"maxrate": str(bits), "bufsize": str(2 * bits)}
    return stream


def _bits(read: InputContainer, largest: int | None) -> int | None:
    """Returns the bit rate of the video at which the whole file is small enough."""
    if largest is None or not read.duration:
        return None
    seconds = read.duration / av.time_base
    return max(_FEWEST_BITS, int(largest * 8 * 0.92 / seconds) - _SOUND_BITS)


def _scaled(width: int, height: int) -> tuple[int, int]:
    """Returns the size within the longest side, and even, as the encoder requires."""
    by = min(1.0, _LONGEST_SIDE / max(width, height))
    return max(2, round(width * by / 2) * 2), max(2, round(height * by / 2) * 2)


def _frame(picture: Image.Image) -> VideoFrame:
    made: VideoFrame = VideoFrame.from_image(picture)  # type: ignore[no-untyped-call]
    return made.reformat(format="yuv420p")
