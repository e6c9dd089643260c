INSERT INTO status (clinic, signer, issued, note) VALUES ($1, $2, $3, $4)
ON CONFLICT (clinic, signer) DO UPDATE SET issued = excluded.issued, note = excluded.note
WHERE status.issued < excluded.issued
