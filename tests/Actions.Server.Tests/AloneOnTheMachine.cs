namespace Actions.Server.Tests;

/// <summary>Tests that measure how long something takes: no other test runs beside them.</summary>
[CollectionDefinition(nameof(AloneOnTheMachine), DisableParallelization = true)]
public sealed class AloneOnTheMachine;
