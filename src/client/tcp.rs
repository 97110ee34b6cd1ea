//! A bare TCP (or TLS) connection.

use super::{
    Ended, EndedHow, Outgoing, What,
    command::{Command, Commands, Given},
    ending::{Ending, cut},
    link::{Link, Progress},
    recorder::Recorder,
};

/// Sends and receives bytes until the connection ends.
pub(super) async fn run(mut link: Link, mut recorder: Recorder, mut commands: Commands) -> Ended {
    let mut ending = Ending::default();
    loop {
        tokio::select! {
            biased;
            // Write and read before the next command, because a command to reset the connection would drop unwritten
            // bytes. A server that never stops sending can't delay commands forever, because the journal's limits end
            // the connection.
            progress = link.progress() => match progress {
                Ok(Progress::Sent) => {}
                Ok(Progress::Received) => {
                    recorder.tick();
                    let bytes = link.inbox.split().freeze();
                    let length = bytes.len();
                    recorder.record(What::Bytes(bytes), length);
                }
                Ok(Progress::Eof) => return ending.finish(EndedHow::Eof, String::new()),
                Err(error) => return ending.broken(&mut recorder, &error),
            },
            // A write in pieces has to finish before the next command, which may change the size of the pieces.
            Some(Given { at, command }) = commands.recv(), if !link.is_chopping() => {
                recorder.tick();
                recorder.obey(Some(at));
                match command {
                    Command::End(how) => return cut(link, how).await,
                    Command::HalfClose => link.end_writing().await,
                    command => write(&mut link, &mut recorder, command),
                }
            }
        }
        if let Err(ended) = recorder.flush() {
            return ended;
        }
    }
}

fn write(link: &mut Link, recorder: &mut Recorder, command: Command) {
    let before = link.outbox.len();
    match command {
        Command::Bytes { bytes, chop } => {
            link.outbox.extend_from_slice(&bytes);
            link.chop(chop);
        }
        Command::Frame { frame, chop } => {
            frame.encode(&mut link.outbox);
            link.chop(chop);
        }
        Command::Packets { packets, .. } => {
            for packet in packets {
                link.outbox
                    .extend_from_slice(packet.encode_text().as_bytes());
            }
        }
        Command::Text(text) => link.outbox.extend_from_slice(text.as_bytes()),
        Command::Reading(reading) => {
            link.reading = reading;
            return;
        }
        Command::End(_) | Command::HalfClose => {}
    }
    let written = link.outbox.get(before..).unwrap_or_default();
    recorder.sent(Outgoing::Bytes(bytes::Bytes::copy_from_slice(written)));
}
