INSERT INTO status (clinic, signer, issued, note) VALUES (:clinic, :signer, :issued, :note)
ON CONFLICT (clinic, signer) DO UPDATE SET issued = excluded.issued, note = excluded.note
WHERE status.issued < excluded.issued
