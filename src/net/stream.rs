//! One end of a connection, over TCP or in memory.

use std::{
    future::poll_fn,
    io::{self, ErrorKind, IoSlice},
    mem::MaybeUninit,
    pin::Pin,
    task::{Context, Poll},
};

use socket2::SockRef;
use tokio::{
    io::{AsyncRead, AsyncWrite, Interest, ReadBuf},
    net::TcpStream,
};

use super::{arrived::Arrived, socket::MemoryStream};

/// One end of a connection, over TCP or in memory. Dropping the value closes the connection.
#[derive(Debug)]
pub enum Stream {
    /// A TCP stream.
    Tcp(TcpStream),
    /// A stream inside this process.
    Memory(MemoryStream),
}

impl Stream {
    /// Returns what has arrived and was not read yet.
    ///
    /// Over TCP, the answer is the kernel's, so that it holds even if the runtime has not been told yet.
    pub fn arrived(&self) -> Arrived {
        match self {
            Self::Tcp(stream) => match SockRef::from(stream).peek(&mut [MaybeUninit::uninit()]) {
                Ok(0) => Arrived::End,
                Ok(_) => Arrived::Bytes,
                Err(error) => match error.kind() {
                    ErrorKind::Interrupted | ErrorKind::WouldBlock => Arrived::Nothing,
                    _ => Arrived::End,
                },
            },
            Self::Memory(stream) => stream.arrived(),
        }
    }

    /// Makes the connection reset (RST) when this stream is dropped later, instead of closing it normally.
    pub fn reset_on_drop(&self) {
        match self {
            // Setting the option fails only if the socket is closed already.
            Self::Tcp(stream) => drop(stream.set_zero_linger()),
            Self::Memory(stream) => stream.reset_on_drop(),
        }
    }

    /// Waits until a read would return without waiting.
    ///
    /// # Errors
    ///
    /// Returns an error if the runtime shuts down.
    pub fn poll_read_ready(&self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self {
            Self::Tcp(stream) => stream.poll_read_ready(context),
            Self::Memory(stream) => stream.poll_read_ready(context).map(Ok),
        }
    }

    /// Waits until the peer has closed or reset the connection. Ends the wait without a result if bytes arrive, because
    /// the end can only be seen behind them.
    pub fn poll_end(&self, context: &mut Context<'_>) -> Poll<()> {
        loop {
            // An error says that the runtime shuts down, so that nothing can arrive any more.
            match self.poll_read_ready(context) {
                Poll::Ready(Ok(())) => {}
                Poll::Ready(Err(_)) => return Poll::Ready(()),
                Poll::Pending => return Poll::Pending,
            }
            match self.arrived() {
                Arrived::Bytes => return Poll::Pending,
                Arrived::End => return Poll::Ready(()),
                Arrived::Nothing => self.forget_readiness(),
            }
        }
    }

    /// Makes the next [`Self::poll_read_ready`] wait for news, after a reading has shown that nothing has arrived.
    fn forget_readiness(&self) {
        match self {
            Self::Tcp(stream) => {
                let nothing = || Err::<(), _>(ErrorKind::WouldBlock.into());
                drop(stream.try_io(Interest::READABLE, nothing));
            }
            Self::Memory(_) => {}
        }
    }

    /// Waits until there is room to write.
    ///
    /// # Errors
    ///
    /// Returns an error if the runtime shuts down.
    pub fn poll_write_ready(&self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self {
            Self::Tcp(stream) => stream.poll_write_ready(context),
            Self::Memory(stream) => stream.poll_write_ready(context).map(Ok),
        }
    }

    /// Waits until there is room to write.
    ///
    /// # Errors
    ///
    /// Returns an error if the runtime shuts down.
    pub async fn writable(&self) -> io::Result<()> {
        poll_fn(|context| self.poll_write_ready(context)).await
    }

    /// Writes as many bytes as there is room for, without waiting.
    ///
    /// # Errors
    ///
    /// Returns `WouldBlock` if there is no room, and another error if the connection is closed or was reset.
    pub fn try_write_vectored(&self, slices: &[IoSlice<'_>]) -> io::Result<usize> {
        match self {
            Self::Tcp(stream) => stream.try_write_vectored(slices),
            Self::Memory(stream) => stream.try_write(slices),
        }
    }

    /// Waits for bytes and copies them, so that the next read still returns them. Returns how many it copied, 0 at the
    /// end of the stream.
    ///
    /// # Errors
    ///
    /// Returns an error if the connection was reset.
    pub async fn peek(&self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Tcp(stream) => stream.peek(buffer).await,
            Self::Memory(stream) => stream.peek(buffer).await,
        }
    }
}

impl AsyncRead for Stream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        match &mut *self {
            Self::Tcp(stream) => Pin::new(stream).poll_read(context, buffer),
            Self::Memory(stream) => stream.poll_read(context, buffer),
        }
    }
}

impl AsyncWrite for Stream {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        match &mut *self {
            Self::Tcp(stream) => Pin::new(stream).poll_write(context, bytes),
            Self::Memory(stream) => stream.poll_write(context, &[IoSlice::new(bytes)]),
        }
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        match &mut *self {
            Self::Tcp(stream) => Pin::new(stream).poll_write_vectored(context, slices),
            Self::Memory(stream) => stream.poll_write(context, slices),
        }
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut *self {
            Self::Tcp(stream) => Pin::new(stream).poll_flush(context),
            // There is nothing to flush: a write in memory hands its bytes to the peer at once.
            Self::Memory(_) => Poll::Ready(Ok(())),
        }
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut *self {
            Self::Tcp(stream) => Pin::new(stream).poll_shutdown(context),
            Self::Memory(stream) => {
                stream.shut_down();
                Poll::Ready(Ok(()))
            }
        }
    }
}
