namespace Banyan.Simulator.Checking.Histories;

/// <summary>What a client knows of the end of its operation.</summary>
public enum OperationOutcome : byte
{
    /// <summary>All of it happened, some time between call and return.</summary>
    Ok,

    /// <summary>None of it happened, and none of it ever will.</summary>
    Failed,

    /// <summary>All of it or none; if it happens, then at any time after the call.</summary>
    Unknown,
}
