"""Voices, transcription and translation.

Knows nothing of the other generation settings.
"""

from ._base import WireModel
from ._bytes import Base64
from .enums import AudioTranscriptionConfigMode


class VoiceConsentSignature(WireModel):
    """Proof that a voice's owner agreed to its use (Gemini)."""

    signature: str | None = None


class ReplicatedVoiceConfig(WireModel):
    """A voice learned from a sample; consent fields are Gemini's."""

    mime_type: str | None = None
    voice_sample_audio: Base64 | None = None
    consent_audio: Base64 | None = None
    voice_consent_signature: VoiceConsentSignature | None = None


class PrebuiltVoiceConfig(WireModel):
    """A voice by its name, such as `Kore`."""

    voice_name: str | None = None


class VoiceConfig(WireModel):
    """One voice."""

    prebuilt_voice_config: PrebuiltVoiceConfig | None = None
    replicated_voice_config: ReplicatedVoiceConfig | None = None
    voice: str | None = None


class SpeakerVoiceConfig(WireModel):
    """The voice of one speaker named in the prompt."""

    speaker: str | None = None
    voice_config: VoiceConfig | None = None


class MultiSpeakerVoiceConfig(WireModel):
    """A voice for each speaker of a dialogue."""

    speaker_voice_configs: list[SpeakerVoiceConfig] | None = None


class SpeechConfig(WireModel):
    """How a reply is spoken: one voice or several, not both; `language_code` such as `en-US`."""

    voice_config: VoiceConfig | None = None
    multi_speaker_voice_config: MultiSpeakerVoiceConfig | None = None
    language_code: str | None = None


class LanguageAuto(WireModel):
    """The service finds the language out; nothing to set."""


class LanguageHints(WireModel):
    """Languages that may be spoken (deprecated)."""

    language_codes: list[str] | None = None


class AudioTranscriptionConfig(WireModel):
    """How audio is written down."""

    language_codes: list[str] | None = None
    language_auto: LanguageAuto | None = None
    language_hints: LanguageHints | None = None
    custom_vocabulary: list[str] | None = None
    adaptation_phrases: list[str] | None = None
    word_timestamp: bool | None = None
    diarization: bool | None = None
    mode: AudioTranscriptionConfigMode | None = None
    source_text: str | None = None


class TranslationConfig(WireModel):
    """The language to translate speech into."""

    target_language_code: str | None = None
    echo_target_language: bool | None = None
