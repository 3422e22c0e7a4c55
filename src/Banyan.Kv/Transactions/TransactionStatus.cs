namespace Banyan.Kv.Transactions;

/// <summary>Where a transaction record stands. None → Pending | Staging | final; Pending → Staging | final; Staging → final.</summary>
public enum TransactionStatus : byte
{
    /// <summary>There is no record.</summary>
    None,

    /// <summary>Running; its coordinator sends heartbeats.</summary>
    Pending,

    /// <summary>Committed if and only if each of its in-flight writes stands at or below the record's timestamp.</summary>
    Staging,

    /// <summary>Committed, explicitly and for good.</summary>
    Committed,

    /// <summary>Aborted for good.</summary>
    Aborted,
}
