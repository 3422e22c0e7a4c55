using System.Runtime.CompilerServices;

// The tests write bytes to the port that no PeerTransport would write.
[assembly: InternalsVisibleTo("Banyan.Server.Tests")]
