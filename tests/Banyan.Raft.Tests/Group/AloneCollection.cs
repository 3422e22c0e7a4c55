namespace Banyan.Raft.Tests.Group;

/// <summary>Measures what a thread allocates; apart from the others, which keep the compiler from settling.</summary>
[CollectionDefinition(nameof(AloneCollection), DisableParallelization = true)]
public sealed class AloneCollection;
