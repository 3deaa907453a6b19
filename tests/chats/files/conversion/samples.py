"""Small valid files of every kind that operators send."""

from __future__ import annotations

import io
import math
import zipfile
from fractions import Fraction
from functools import cache
from pathlib import Path

import av
import pillow_heif
from av.audio.frame import AudioFrame
from av.video.frame import VideoFrame
from PIL import Image, ImageDraw

SECONDS = 1


@cache
def picture(size=(160, 120), mode="RGB"):
    image = Image.new(mode, size, (40, 90, 160) + (() if mode == "RGB" else (0,)))
    draw = ImageDraw.Draw(image)
    draw.ellipse((10, 10, size[0] // 2, size[1] // 2), fill=(240, 200, 30))
    return image


@cache
def image(form, size=(160, 120), mode="RGB", **options):
    if form in ("HEIF", "AVIF"):
        pillow_heif.register_heif_opener()
    made = io.BytesIO()
    picture(size, mode).save(made, form, **options)
    return made.getvalue()


@cache
def animation(form, size=(64, 48), frames=5):
    pictures = [picture(size).rotate(20 * n) for n in range(frames)]
    made = io.BytesIO()
    first, *rest = pictures
    first.save(made, form, save_all=True, append_images=rest, duration=80, loop=0)
    return made.getvalue()


def _tone(codec, rate, layout):
    """Yields a tone in frames of the codec's size."""
    at, step = 0, getattr(codec, "frame_size", 0) or 1024
    channels = 2 if layout == "stereo" else 1
    resampler = av.AudioResampler(codec.format, layout, rate, step)
    while at < rate * SECONDS:
        samples = [
            int(9000 * math.sin((at + n) / rate * 440 * 2 * math.pi))
            for n in range(step)
            for _ in range(channels)
        ]
        frame = AudioFrame("s16", layout, step)
        frame.planes[0].update(
            b"".join(s.to_bytes(2, "little", signed=True) for s in samples)
        )
        frame.sample_rate, frame.pts, frame.time_base = rate, at, Fraction(1, rate)
        at += step
        yield from resampler.resample(frame)
    yield from resampler.resample(None)


@cache
def sound(container, codec, rate=48_000, layout="mono", **options):
    """One second of a tone."""
    made = io.BytesIO()
    with av.open(made, "w", container, options=dict(options)) as output:
        stream = output.add_stream(codec, rate=rate, layout=layout)
        if codec == "vorbis":
            stream.options = {"strict": "experimental"}
        stream.codec_context.open()
        for frame in _tone(stream.codec_context, rate, layout):
            output.mux(stream.encode(frame))
        output.mux(stream.encode(None))
    return made.getvalue()


@cache
def film(
    container, codec, sound_codec=None, size=(160, 120), layout="mono", rate=48_000
):
    """Returns one second of video, with a tone if an audio codec is given."""
    made = io.BytesIO()
    with av.open(made, "w", container) as output:
        stream = output.add_stream(codec, rate=10)
        stream.width, stream.height = size
        stream.pix_fmt = "yuv420p"
        beside = None
        if sound_codec:
            beside = output.add_stream(sound_codec, rate=rate, layout=layout)
            beside.codec_context.open()
        for n in range(10 * SECONDS):
            frame = VideoFrame.from_image(picture(size).rotate(10 * n))
            frame = frame.reformat(format="yuv420p")
            frame.pts, frame.time_base = n, Fraction(1, 10)
            output.mux(stream.encode(frame))
        output.mux(stream.encode(None))
        if beside is not None:
            for frame in _tone(beside.codec_context, rate, layout):
                output.mux(beside.encode(frame))
            output.mux(beside.encode(None))
    return made.getvalue()


FRAGMENTED = {"movflags": "frag_keyframe+empty_moov+default_base_moof"}


@cache
def recording_of_chrome():
    """A recording as Chrome makes it with `audio/webm;codecs=opus`."""
    return sound("webm", "libopus")


@cache
def live_recording():
    """A recording made by Chromium, with unknown sizes and duration."""
    return (Path(__file__).parent / "recording_of_chromium.webm").read_bytes()


@cache
def recording_of_safari():
    """A recording as Safari makes it: fragmented MP4 without the M4A brand."""
    return sound("mp4", "aac", 44_100, **FRAGMENTED)


PDF = b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n1 0 obj\n<<>>\nendobj\ntrailer<<>>\n%%EOF\n"
TEXT = "Endereço: rua das Flores, 12\r\n".encode()


@cache
def archive(*names):
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as output:
        for name in names:
            output.writestr(name, b"<x/>")
    return made.getvalue()


@cache
def docx():
    return archive("[Content_Types].xml", "_rels/.rels", "word/document.xml")
