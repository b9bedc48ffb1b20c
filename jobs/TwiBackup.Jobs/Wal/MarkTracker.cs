using TwiBackup.Postgres;
using TwiBackup.Postgres.Replication;

namespace TwiBackup.Wal;

/// <summary>
/// Turns a walsender's messages into proven marks. A keepalive only says how far the server has <em>sent</em>: WAL flushed a moment
/// before it may not be sent yet. So a message's time is proven by a later look of the server at its flush position: the end that the
/// next data message names (PostgreSQL reads it anew for each), or, when nothing is written, the answer to a ping that we sent after
/// we had the answer to the ping before. Not thread safe; no allocation but for a mark.
/// </summary>
internal sealed class MarkTracker
{
    private DateTimeOffset _candidate;
    private bool _hasCandidate;
    private bool _candidateIsAnswer;
    private DateTimeOffset _waiting;
    private Lsn _waitingFor;
    private bool _isWaiting;
    private DateTimeOffset _provenTime;
    private Lsn _provenLsn;

    /// <summary>Takes the next message. <paramref name="received"/> is the end of what came, this message included.</summary>
    public void Add(in WalMessage message, Lsn received, bool isAnswer)
    {
        if (message.Kind == WalMessageKind.Data)
        {
            if (_hasCandidate && !_isWaiting)
            {
                _waiting = _candidate;
                _waitingFor = message.ServerEnd;
                _isWaiting = true;
            }

            _candidate = message.ServerTime;
            _hasCandidate = true;
            _candidateIsAnswer = false;
        }
        else if (message.Kind == WalMessageKind.Keepalive && isAnswer)
        {
            if (_hasCandidate && _candidateIsAnswer && message.ServerEnd <= received)
                Prove(_candidate, received);
            _candidate = message.ServerTime;
            _hasCandidate = true;
            _candidateIsAnswer = true;
        }

        if (_isWaiting && received >= _waitingFor)
        {
            Prove(_waiting, _waitingFor);
            _isWaiting = false;
        }
    }

    /// <summary>The newest proven mark, or null.</summary>
    public WalMark? Newest => _provenLsn == Lsn.Zero ? null : new WalMark(_provenTime, _provenLsn);

    private void Prove(DateTimeOffset time, Lsn lsn)
    {
        if (time > _provenTime && lsn >= _provenLsn)
            (_provenTime, _provenLsn) = (time, lsn);
    }
}
