namespace Banyan.Storage;

/// <summary>
/// Ownership of tree nodes: a node that carries the map's present token was made since the last pin, so that nobody
/// else sees it and it may be changed in place. A pin replaces the map's token, and with that gives all nodes away.
/// </summary>
internal sealed class EditToken;
