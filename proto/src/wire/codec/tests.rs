//! The decoder against honest streams in any split, and against dishonest ones.

use proptest::prelude::*;

use super::*;
use crate::{
    limits::MAX_FRAME_BYTES,
    wire::{
        frame::ExchangeId,
        samples::{any_batch_header, any_control_frame, any_exchange_frame, control_frames, exchange_frames},
    },
};

/// Everything that the stream holds, fed in pieces that end at `cuts`.
fn decode_all<F: Frame>(stream: &Bytes, cuts: &[usize]) -> Result<Vec<F>, DecodeError> {
    let mut decoder = Decoder::new();
    let mut frames = Vec::new();
    let mut from = 0;
    for cut in cuts.iter().copied().chain([stream.len()]) {
        let to = cut.clamp(from, stream.len());
        let mut piece = stream.slice(from..to);
        from = to;
        while let Some(frame) = decoder.decode(&mut piece)? {
            frames.push(frame);
        }
        assert!(piece.is_empty(), "a decoder that wants more has taken all");
        assert!(decoder.held() <= F::LIMIT);
    }
    decoder.finish()?;
    Ok(frames)
}

fn stream<F: Frame>(frames: &[F]) -> Bytes {
    let mut bytes = BytesMut::new();
    for frame in frames {
        bytes.extend_from_slice(&frame.encode().unwrap());
    }
    bytes.freeze()
}

fn prefix(length: usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    prost::encoding::encode_varint(length as u64, &mut bytes);
    bytes
}

fn sorted_cuts(longest: usize) -> impl Strategy<Value = Vec<usize>> {
    prop::collection::vec(0..longest, 0..40).prop_map(|mut cuts| {
        cuts.sort_unstable();
        cuts
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn any_split_of_a_control_stream_decodes_the_same(
        frames in prop::collection::vec(any_control_frame(), 1..6), cuts in sorted_cuts(2_000)
    ) {
        prop_assert_eq!(decode_all(&stream(&frames), &cuts), Ok(frames));
    }

    #[test]
    fn any_split_of_an_exchange_stream_decodes_the_same(
        frames in prop::collection::vec(any_exchange_frame(), 1..6), cuts in sorted_cuts(6_000)
    ) {
        prop_assert_eq!(decode_all(&stream(&frames), &cuts), Ok(frames));
    }

    #[test]
    fn any_split_of_a_batch_stream_gives_the_batch(
        header in any_batch_header(), body in prop::collection::vec(any::<u8>(), 1..3_000), cuts in sorted_cuts(3_000)
    ) {
        let header = BatchHeader { length: body.len() as u32, ..header };
        let mut bytes = BytesMut::from(&header.encode().unwrap()[..]);
        bytes.extend_from_slice(&body);
        let bytes = bytes.freeze();
        let mut reader = BatchReader::new();
        let mut from = 0;
        for cut in cuts.iter().copied().chain([bytes.len()]) {
            let to = cut.clamp(from, bytes.len());
            reader.push(bytes.slice(from..to)).unwrap();
            from = to;
        }
        prop_assert_eq!(reader.finish(), Ok((header, Bytes::from(body))));
    }

    #[test]
    fn a_stream_cut_anywhere_is_truncated_or_shorter(
        frames in prop::collection::vec(any_exchange_frame(), 1..4), at in any::<prop::sample::Index>()
    ) {
        let whole = stream(&frames);
        let cut = whole.slice(..at.index(whole.len()));
        match decode_all::<ExchangeFrame>(&cut, &[]) {
            Ok(fewer) => prop_assert!(fewer.len() < frames.len() && frames.starts_with(&fewer)),
            Err(error) => prop_assert_eq!(error, DecodeError::Truncated("exchange")),
        }
    }

    #[test]
    fn garbage_never_panics(data in prop::collection::vec(any::<u8>(), 0..2_000)) {
        fuzz_entry(&data);
    }

    #[test]
    fn a_damaged_frame_never_panics(
        frame in any_exchange_frame(), at in any::<prop::sample::Index>(), byte in any::<u8>(), size in any::<u8>()
    ) {
        let mut data = vec![size];
        data.extend_from_slice(&frame.encode().unwrap());
        let at = at.index(data.len());
        data[at] = byte;
        fuzz_entry(&data);
    }
}

#[test]
fn an_overlong_length_is_refused_before_a_byte_is_held() {
    for length in [MAX_FRAME_BYTES + 1, 1 << 21, usize::MAX] {
        let mut decoder = Decoder::<ExchangeFrame>::new();
        let mut input = Bytes::from([prefix(length), vec![0; 10_000]].concat());
        let error = decoder.decode(&mut input).unwrap_err();
        assert_eq!(
            error,
            DecodeError::TooLong {
                kind: "exchange",
                limit: MAX_FRAME_BYTES
            }
        );
        assert_eq!(decoder.held(), 0);
        assert_eq!(Fault::from(error.clone()).code, Code::ProtocolViolation);
        // And nothing after it has a meaning.
        let mut honest = exchange_frames().remove(1).encode().unwrap();
        assert_eq!(decoder.decode(&mut honest), Err(error.clone()));
        assert_eq!(decoder.finish(), Err(error));
    }
}

#[test]
fn a_frame_at_the_bound_is_read_to_its_end() {
    let mut decoder = Decoder::<ExchangeFrame>::new();
    let mut input = Bytes::from(prefix(MAX_FRAME_BYTES));
    assert_eq!(decoder.decode(&mut input), Ok(None));
    let mut body = Bytes::from(vec![0; MAX_FRAME_BYTES]);
    // Zeros are not protobuf: field number 0 does not exist.
    assert_eq!(
        decoder.decode(&mut body),
        Err(FrameError::Malformed("exchange").into())
    );
    assert!(body.is_empty());
}

#[test]
fn memory_grows_with_what_arrived_and_not_with_what_was_announced() {
    let mut decoder = Decoder::<ExchangeFrame>::new();
    let mut input = Bytes::from([prefix(MAX_FRAME_BYTES), vec![0; 100]].concat());
    assert_eq!(decoder.decode(&mut input), Ok(None));
    assert_eq!(decoder.held(), 100);
    assert_eq!(decoder.finish(), Err(DecodeError::Truncated("exchange")));
}

#[test]
fn the_first_frame_of_a_stranger_is_held_to_the_bound_of_a_hello() {
    let announce =
        |decoder: &mut Decoder<ControlFrame>| decoder.decode(&mut Bytes::from(prefix(MAX_HELLO_BYTES + 1)));
    let mut first = Decoder::<ControlFrame>::expecting_hello();
    assert!(matches!(announce(&mut first), Err(DecodeError::TooLong { .. })));

    let mut second = Decoder::<ControlFrame>::expecting_hello();
    let mut hello = control_frames().remove(0).encode().unwrap();
    assert!(second.decode(&mut hello).unwrap().is_some());
    assert_eq!(announce(&mut second), Ok(None));
}

#[test]
fn a_length_in_more_bytes_than_it_needs_is_refused() {
    for (bytes, refused) in [
        (&[0x80, 0x00][..], true),
        (&[0x81, 0x80, 0x00], true),
        (&[0x80, 0x01], false),
    ] {
        let result = Decoder::<ExchangeFrame>::new().decode(&mut Bytes::copy_from_slice(bytes));
        assert_eq!(
            result == Err(DecodeError::Length("exchange")),
            refused,
            "{bytes:x?}"
        );
    }
}

#[test]
fn a_frame_of_an_unknown_kind_is_refused_and_not_skipped() {
    // Empty; a field number from a later version; field 5 of Request's frame is a Header, 15 is nothing.
    for body in [&[][..], &[0x7a, 0x00]] {
        let mut input = Bytes::from([prefix(body.len()), body.to_vec()].concat());
        assert_eq!(
            Decoder::<ExchangeFrame>::new().decode(&mut input),
            Err(FrameError::UnknownVariant("exchange").into())
        );
    }
}

#[test]
fn what_follows_a_frame_stays_with_the_caller() {
    let mut input = Bytes::from([&batch(3)[..], b"abc"].concat());
    let mut decoder = Decoder::<BatchHeader>::new();
    assert!(decoder.decode(&mut input).unwrap().is_some());
    assert_eq!(&input[..], b"abc");
}

fn batch(length: u32) -> Bytes {
    let header = BatchHeader {
        exchange: ExchangeId(1),
        sequence: 0,
        length,
    };
    header.encode().unwrap()
}

#[test]
fn a_batch_shorter_or_longer_than_announced_is_refused() {
    let read = |body: &[u8]| {
        let mut reader = BatchReader::new();
        reader.push(Bytes::from([&batch(3)[..], body].concat()))?;
        reader.finish()
    };
    assert!(read(b"abc").is_ok());
    assert_eq!(read(b"ab"), Err(DecodeError::Truncated("batch")));
    assert_eq!(read(b""), Err(DecodeError::Truncated("batch")));
    assert_eq!(read(b"abcd"), Err(DecodeError::Trailing("batch")));
    assert_eq!(
        BatchReader::new().finish(),
        Err(DecodeError::Truncated("batch header"))
    );
}
